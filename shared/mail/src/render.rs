//! From facts to a mail.

use gatepass_domain::settings::MailKind;
use minijinja::{Environment, ErrorKind, Value};

use crate::context::{MailContext, bare_sample, sample};
use crate::plain::one_line;
use crate::template::{Part, Source, built_in, engine};
use crate::variables::{Variables, variables};

/// The longest subject line, in characters; what is longer is cut.
const MAX_SUBJECT: usize = 200;

/// A mail ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// One line, not empty, at most 200 characters.
    pub subject: String,
    /// The body as plain text.
    pub text: String,
    /// The body as HTML; says what the text says.
    pub html: String,
}

/// Why a template does not make a mail.
///
/// Tells of the template only, never of what was filled in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// The template is not well-formed.
    #[error("{template}, line {line}: {what}")]
    Syntax {
        /// The template.
        template: Source,
        /// The line, from 1.
        line: usize,
        /// The fault in it.
        what: String,
    },
    /// The template uses something that the mail does not have.
    #[error("{template} uses `{name}`, which this mail does not have; it has {}", names(.known))]
    Unknown {
        /// The template.
        template: Source,
        /// The variables that it uses.
        name: String,
        /// The variables that it may use.
        known: Vec<&'static str>,
    },
    /// The template cannot be evaluated.
    #[error("{template}, line {line}: `{expression}` does not work: {what}")]
    Failed {
        /// The template.
        template: Source,
        /// The line, from 1.
        line: usize,
        /// The part of the template that fails.
        expression: String,
        /// How it fails.
        what: String,
    },
    /// The template loops or repeats so much that it was stopped.
    #[error("{template} takes more work than a mail may; loop or repeat less")]
    TooMuchWork {
        /// The template.
        template: Source,
    },
    /// The subject comes out empty.
    #[error("{template} comes out empty; give it some text of its own")]
    EmptySubject {
        /// The template.
        template: Source,
    },
}

fn names(known: &[&str]) -> String {
    let quoted: Vec<_> = known.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

/// The mail `kind` about `context`, with the subject `subject_override` instead of the built-in one
/// if there is any (R39, R43).
///
/// # Errors
/// [`RenderError`]. The built-in templates render with every request that can be filed, so that a
/// caller whose override turns out faulty can send the mail with its own subject.
pub fn render(kind: MailKind, context: &MailContext, subject_override: Option<&str>) -> Result<Rendered, RenderError> {
    let engine = engine();
    let mut variables = variables(kind, context);
    let subject = match subject_override {
        Some(template) => subject(&engine, Source::Settings { kind }, template, &variables)?,
        None => {
            let source = Source::BuiltIn { kind, part: Part::Subject };
            subject(&engine, source, built_in(kind, Part::Subject), &variables)?
        }
    };
    variables.insert("subject", subject.as_str().into());
    let body = |part| fill(&engine, Source::BuiltIn { kind, part }, part, built_in(kind, part), &variables);
    Ok(Rendered { text: body(Part::Text)?, html: body(Part::Html)?, subject })
}

/// Checks that `template` makes a subject for the mail `kind`, whatever the request is like.
///
/// # Errors
/// The result of [`render`] for the fullest request or for the barest.
pub fn check_subject(kind: MailKind, template: &str) -> Result<(), RenderError> {
    let engine = engine();
    for context in [sample(kind), bare_sample(kind)] {
        subject(&engine, Source::Settings { kind }, template, &variables(kind, &context))?;
    }
    Ok(())
}

fn subject(
    engine: &Environment<'_>,
    source: Source,
    template: &str,
    variables: &Variables,
) -> Result<String, RenderError> {
    let line = one_line(&fill(engine, source, Part::Subject, template, variables)?);
    if line.is_empty() {
        return Err(RenderError::EmptySubject { template: source });
    }
    if line.chars().count() <= MAX_SUBJECT {
        return Ok(line);
    }
    let cut: String = line.chars().take(MAX_SUBJECT - 1).collect();
    Ok(format!("{}…", cut.trim_end()))
}

fn fill(
    engine: &Environment<'_>,
    source: Source,
    part: Part,
    template: &str,
    variables: &Variables,
) -> Result<String, RenderError> {
    let explain = |error| explain(source, template, &error);
    let compiled = engine.template_from_named_str(part.file(), template).map_err(explain)?;
    // The engine would notice only on the branches that this context takes.
    let mut unknown: Vec<_> = compiled.undeclared_variables(false).into_iter().collect();
    unknown.retain(|name| !variables.contains_key(name.as_str()));
    if let Some(name) = unknown.into_iter().min() {
        return Err(RenderError::Unknown { template: source, name, known: variables.keys().copied().collect() });
    }
    compiled.render(Value::from(variables.clone())).map_err(explain)
}

fn explain(source: Source, template: &str, error: &minijinja::Error) -> RenderError {
    let line = error.line().unwrap_or(1);
    let expression = error.range().and_then(|range| template.get(range)).unwrap_or_default().to_owned();
    match error.kind() {
        // Only here does the engine's own text speak of nothing but the template.
        ErrorKind::SyntaxError => {
            let what = error.detail().unwrap_or("not well-formed").to_owned();
            RenderError::Syntax { template: source, line, what }
        }
        ErrorKind::UndefinedError => {
            let what = "nothing is there, at least for some requests".to_owned();
            RenderError::Failed { template: source, line, expression, what }
        }
        ErrorKind::OutOfFuel => RenderError::TooMuchWork { template: source },
        kind => RenderError::Failed { template: source, line, expression, what: kind.to_string() },
    }
}
