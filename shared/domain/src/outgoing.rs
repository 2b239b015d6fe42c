//! The addresses that Gatepass itself connects to because somebody entered them: identity providers.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

/// The addresses that may be connected to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Outgoing {
    /// Those of the public internet. An address within a network would let whoever enters it reach what only the
    /// functions can reach.
    #[default]
    Public,
    /// Those, and this machine: for the local stack.
    LoopbackToo,
}

impl Outgoing {
    /// True when `address` may be connected to.
    pub fn allows(self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        let public = match address {
            IpAddr::V4(address) => is_public_v4(address),
            IpAddr::V6(address) => is_public_v6(address),
        };
        public || (self == Self::LoopbackToo && address.is_loopback())
    }

    /// True when nothing about `url` itself speaks against connecting to it: a name is looked at again when it is resolved.
    pub fn allows_url(self, url: &Url) -> bool {
        let encrypted = url.scheme() == "https" || (url.scheme() == "http" && self == Self::LoopbackToo);
        encrypted
            && match url.host() {
                Some(Host::Ipv4(address)) => self.allows(address.into()),
                Some(Host::Ipv6(address)) => self.allows(address.into()),
                Some(Host::Domain(name)) => self == Self::LoopbackToo || !is_local_name(name),
                None => false,
            }
    }
}

/// Names that never are on the public internet (RFC 6761, RFC 6762, RFC 9476 and `.internal`).
fn is_local_name(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    let last = name.rsplit('.').next().unwrap_or_default();
    name == last || ["localhost", "local", "internal", "alt"].contains(&last)
}

/// The [registry of special addresses](https://www.iana.org/assignments/iana-ipv4-special-registry), less what is reachable
/// from everywhere.
fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !(a == 0
        || a == 10
        || a == 127
        || a >= 224
        || (a == 100 && (64..128).contains(&b))
        || (a == 169 && b == 254)
        || (a == 172 && (16..32).contains(&b))
        || (a == 192 && b == 168)
        || (a == 192 && b == 0 && (c == 0 || c == 2))
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (18..20).contains(&b))
        || (a == 198 && b == 51 && c == 100)
        || (a == 203 && b == 0 && c == 113))
}

/// Global unicast addresses alone, less those for documentation and protocols, and 6to4, which leads to IPv4 addresses.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, ..] = address.segments();
    a & 0xe000 == 0x2000 && !(a == 0x2001 && (b < 0x0200 || b == 0x0db8)) && a != 0x2002 && !(a == 0x3fff && b < 0x1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_are_refused_in_every_notation() {
        for private in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.31.255.255",
            "192.0.0.1",
            "192.168.0.1",
            "198.19.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::a00:1",
            "2001::1",
            "2001:db8::1",
            "2002:a00:1::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "ff02::1",
        ] {
            assert!(!Outgoing::Public.allows(private.parse().unwrap()), "{private}");
        }
        for public in ["1.1.1.1", "100.128.0.1", "172.32.0.1", "192.0.1.1", "2606:4700::1111", "2001:4860::1"] {
            assert!(Outgoing::Public.allows(public.parse().unwrap()), "{public}");
        }
    }

    #[test]
    fn only_the_local_stack_connects_to_its_own_machine() {
        for loopback in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
            assert!(Outgoing::LoopbackToo.allows(loopback.parse().unwrap()), "{loopback}");
        }
        assert!(!Outgoing::LoopbackToo.allows("10.0.0.1".parse().unwrap()));
        assert!(!Outgoing::LoopbackToo.allows("169.254.169.254".parse().unwrap()));
    }

    #[test]
    fn addresses_are_judged_by_what_they_say_themselves() {
        let allows = |outgoing: Outgoing, url: &str| outgoing.allows_url(&Url::parse(url).unwrap());
        for refused in [
            "http://id.example.com/",
            "https://localhost/",
            "https://id.localhost./",
            "https://intranet/",
            "https://instance-data.ec2.internal/",
            "https://printer.local/",
            "https://169.254.169.254/latest/",
            "https://0x7f000001/",
            "https://2130706433/",
            "https://127.1/",
            "https://[::ffff:10.0.0.1]/",
            "file:///etc/passwd",
        ] {
            assert!(!allows(Outgoing::Public, refused), "{refused}");
        }
        assert!(allows(Outgoing::Public, "https://id.example.com/tenant"));
        assert!(allows(Outgoing::LoopbackToo, "http://127.0.0.1:3000/_local/oauth"));
        assert!(!allows(Outgoing::LoopbackToo, "http://10.0.0.1/"));
    }
}
