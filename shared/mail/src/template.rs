//! The built-in templates and the engine that renders them.

use std::fmt;

use gatepass_domain::settings::MailKind;
use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, filters};

use crate::plain;

/// A part of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The subject line.
    Subject,
    /// The body as plain text.
    Text,
    /// The body as HTML.
    Html,
}

impl Part {
    /// The template's file name, which also tells the engine whether to escape.
    pub(crate) fn file(self) -> &'static str {
        match self {
            Self::Subject => "subject.txt",
            Self::Text => "body.txt",
            Self::Html => "body.html",
        }
    }
}

/// The origin of a template, for errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Built in.
    BuiltIn {
        /// The mail.
        kind: MailKind,
        /// Its part.
        part: Part,
    },
    /// A subject from the settings.
    Settings {
        /// The mail.
        kind: MailKind,
    },
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BuiltIn { kind, part } => write!(f, "the built-in template {}/{}", kind.as_str(), part.file()),
            Self::Settings { kind } => write!(f, "the configured subject of the mail `{}`", kind.as_str()),
        }
    }
}

/// The built-in template of a part of a mail. The beginning and the end that every page of HTML has are in `frame`, and are
/// joined when Gatepass is built: the engine has no includes.
pub(crate) fn built_in(kind: MailKind, part: Part) -> &'static str {
    macro_rules! template {
        ($mail:literal, $file:expr) => {
            include_str!(concat!("../../../functions/notify/templates/", $mail, "/", $file))
        };
    }
    macro_rules! mail {
        ($mail:literal) => {
            match part {
                Part::Subject => template!($mail, "subject.txt"),
                Part::Text => template!($mail, "body.txt"),
                Part::Html => {
                    concat!(
                        template!("frame", "head.html"),
                        template!($mail, "body.html"),
                        template!("frame", "foot.html")
                    )
                }
            }
        };
    }
    // Mails about a credential go on with the same parts.
    macro_rules! credential_mail {
        ($mail:literal, $($file:literal),+) => {
            match part {
                Part::Subject => template!($mail, "subject.txt"),
                Part::Text => concat!(
                    template!($mail, "body.txt"),
                    $(template!("credential", concat!($file, ".txt"))),+
                ),
                Part::Html => concat!(
                    template!("frame", "head.html"),
                    template!($mail, "body.html"),
                    $(template!("credential", concat!($file, ".html")),)+
                    template!("frame", "foot.html")
                ),
            }
        };
    }
    match kind {
        MailKind::Submitted => mail!("submitted"),
        MailKind::Approve => mail!("approve"),
        MailKind::Ready => mail!("ready"),
        MailKind::Reject => mail!("reject"),
        MailKind::Revoked => mail!("revoked"),
        MailKind::ProvisioningFailed => mail!("provisioning-failed"),
        MailKind::Reminder => mail!("reminder"),
        MailKind::Escalation => mail!("escalation"),
        MailKind::RequestExpired => mail!("request-expired"),
        MailKind::KeyToExpire => credential_mail!("key-to-expire", "about", "renewal", "ask"),
        MailKind::KeyExpired => credential_mail!("key-expired", "about", "renewal", "ask"),
        MailKind::Suspended => credential_mail!("suspended", "reason", "about", "ask"),
        MailKind::Resumed => credential_mail!("resumed", "reason", "about", "ask"),
        MailKind::Reassigned => mail!("reassigned"),
    }
}

/// The budget of one template: bounds time and memory (about 64 bytes a unit). The largest mail that
/// the limits of requests allow stays below a third of it.
const FUEL: u64 = 30_000;

/// An engine that can do what a mail needs and nothing else.
///
/// Owners may write templates, so this is a sandbox by absence: no loader, neither includes, macros nor
/// inheritance (not compiled in), no functions, no way to mark text as safe HTML, and few filters.
pub(crate) fn engine() -> Environment<'static> {
    let mut engine = Environment::empty();
    // Keeps where in the template an error arose, for its message. The variables' values, which the
    // engine then keeps too, do not leave this library.
    engine.set_debug(true);
    engine.set_fuel(Some(FUEL));
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    engine.set_auto_escape_callback(|file| if file == Part::Html.file() { AutoEscape::Html } else { AutoEscape::None });
    // A line that holds only a tag leaves no trace in the text.
    let mut syntax = SyntaxConfig::builder();
    syntax.trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true);
    // It could only object to delimiters, and those stay as they are.
    if let Ok(syntax) = syntax.build() {
        engine.set_syntax(syntax);
    }
    engine.add_filter("first", filters::first);
    engine.add_filter("join", filters::join);
    engine.add_filter("last", filters::last);
    engine.add_filter("length", filters::length);
    engine.add_filter("lower", filters::lower);
    engine.add_filter("trim", filters::trim);
    engine.add_filter("upper", filters::upper);
    engine.add_filter("quote", |text: String| plain::quoted(&text));
    engine
}
