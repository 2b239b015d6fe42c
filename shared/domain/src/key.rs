//! API keys, which Gatepass makes or somebody brings along. Those that it makes are `gp_`, 256 random bits in base62, and a checksum, so that a leaked key can be
//! recognised and a mistyped one refused without a look-up. The shape follows GitHub's tokens.

use std::collections::BTreeSet;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::context::Context;

/// The text that every key starts with.
pub const PREFIX: &str = "gp_";
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// Base62 digits that hold 256 bits.
const BODY: usize = 43;
/// Base62 digits that hold the CRC-32 of prefix and body.
const CHECKSUM: usize = 6;

/// A key in clear. It exists between minting and sealing, between unsealing and the answer to
/// *reveal*, and while a call that brings it or uses it is handled; it can be neither printed nor serialised by accident.
#[derive(Debug, Clone)]
pub struct PlainKey(SecretString);

/// SHA-256 of a key, in hexadecimal: what a key is looked up by. A key that Gatepass makes carries 256 bits of
/// entropy, so that neither salt nor stretching would add anything; of one that is brought along, strength is required.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KeyDigest(pub String);

/// Why a key that somebody brings along cannot be taken. It says nothing of the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TooWeak {
    /// Too short or too long.
    #[error("must have 24 to 128 characters")]
    Length,
    /// A blank, a control character or something outside of ASCII.
    #[error("must consist of visible ASCII characters")]
    Characters,
    /// Too few different characters.
    #[error("must have at least 12 different characters")]
    Variety,
    /// A part of half its length comes twice.
    #[error("repeats a part that is half as long as the key")]
    Repetition,
    /// It looks like a key of Gatepass's own, and is none.
    #[error("must not begin with `gp_`, unless Gatepass made it")]
    Reserved,
}

/// Not a key of ours: wrong prefix, length, alphabet or checksum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a Gatepass key")]
pub struct NotAKey;

impl PlainKey {
    /// A new key, made of entropy from `context`.
    pub fn mint(context: &mut Context) -> Self {
        let body = format!("{PREFIX}{}", base62(context.bytes::<32>(), BODY));
        let checksum = checksum(&body);
        Self(SecretString::from(body + &checksum))
    }

    /// Recognises a key by its shape and checksum; says nothing about whether it is live.
    ///
    /// # Errors
    /// [`NotAKey`].
    pub fn parse(text: &str) -> Result<Self, NotAKey> {
        let well_formed = text.len() == PREFIX.len() + BODY + CHECKSUM
            && text.starts_with(PREFIX)
            && text.as_bytes().iter().skip(PREFIX.len()).all(|byte| ALPHABET.contains(byte));
        let (body, sum) = text.split_at_checked(PREFIX.len() + BODY).ok_or(NotAKey)?;
        if well_formed && sum == checksum(body) { Ok(Self(SecretString::from(text))) } else { Err(NotAKey) }
    }

    /// A key that somebody brings along from another system.
    ///
    /// # Errors
    /// [`TooWeak`] for one that can be guessed.
    pub fn bring(text: &str) -> Result<Self, TooWeak> {
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(TooWeak::Characters);
        }
        if !(24..=128).contains(&text.len()) {
            return Err(TooWeak::Length);
        }
        if text.bytes().collect::<BTreeSet<_>>().len() < 12 {
            return Err(TooWeak::Variety);
        }
        let mut parts = BTreeSet::new();
        if !text.as_bytes().windows(text.len() / 2).all(|part| parts.insert(part)) {
            return Err(TooWeak::Repetition);
        }
        if text.starts_with(PREFIX) {
            return Self::parse(text).map_err(|NotAKey| TooWeak::Reserved);
        }
        Ok(Self(SecretString::from(text)))
    }

    /// Recognises a key that Gatepass made, or that somebody may have brought along; says nothing about whether it is live.
    ///
    /// # Errors
    /// [`NotAKey`].
    pub fn recognise(text: &str) -> Result<Self, NotAKey> {
        Self::bring(text).map_err(|_| NotAKey)
    }

    /// The digest by which the key is looked up.
    pub fn digest(&self) -> KeyDigest {
        KeyDigest(crate::event::hex(&Sha256::digest(self.expose().as_bytes())))
    }

    /// The first characters: enough to tell one's keys apart, useless to anyone else.
    pub fn prefix(&self) -> String {
        // Every key that Gatepass makes begins in the same way.
        let told = if self.expose().starts_with(PREFIX) { PREFIX.len() + 4 } else { 4 };
        self.expose().chars().take(told).collect()
    }

    /// The last four characters.
    pub fn last_four(&self) -> String {
        let key = self.expose();
        key.chars().skip(key.len() - 4).collect()
    }

    /// The key itself. Each call is a place to look at in a review.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

fn checksum(body: &str) -> String {
    let crc = crc32fast::hash(body.as_bytes());
    let mut bytes = [0; 32];
    bytes[28..].copy_from_slice(&crc.to_be_bytes());
    base62(bytes, CHECKSUM)
}

/// `bytes` as a big-endian number in exactly `digits` base62 digits, by long division.
fn base62(bytes: [u8; 32], digits: usize) -> String {
    let mut number = bytes;
    let mut out = vec![b'0'; digits];
    for slot in out.iter_mut().rev() {
        let mut remainder = 0u16;
        for byte in &mut number {
            let current = (remainder << 8) | u16::from(*byte);
            *byte = u8::try_from(current / 62).unwrap_or(u8::MAX);
            remainder = current % 62;
        }
        *slot = ALPHABET.get(usize::from(remainder)).copied().unwrap_or(b'0');
    }
    out.into_iter().map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_minted_key_is_recognised_and_a_changed_one_is_not(seed: u64, at in 3usize..52, with in 0usize..62) {
            let key = PlainKey::mint(&mut Context::seeded(jiff::Timestamp::UNIX_EPOCH, seed));
            let text = key.expose().to_owned();
            prop_assert_eq!(text.len(), 52);
            prop_assert_eq!(PlainKey::parse(&text).unwrap().digest(), key.digest());
            prop_assert_eq!(PlainKey::recognise(&text).unwrap().digest(), key.digest());
            let mut bytes = text.clone().into_bytes();
            bytes[at] = ALPHABET[with];
            let changed = String::from_utf8(bytes).unwrap();
            prop_assert_eq!(PlainKey::parse(&changed).is_ok(), changed == text);
        }

        #[test]
        fn parsing_never_panics(text in ".{0,80}") {
            let _ = PlainKey::parse(&text);
            let _ = PlainKey::bring(&text);
        }
    }

    #[test]
    fn base62_is_positional() {
        assert_eq!(base62([0; 32], 3), "000");
        assert_eq!(checksum("gp_").len(), 6);
        assert_eq!(base62([255; 32], BODY).len(), BODY);
        assert!(!base62([255; 32], BODY).starts_with('0'), "43 digits are needed for 256 bits");
    }

    #[test]
    fn a_key_does_not_show_itself() {
        let key = PlainKey::mint(&mut Context::seeded(jiff::Timestamp::UNIX_EPOCH, 1));
        assert!(!format!("{key:?}").contains(&key.expose()[3..]));
    }
}
