//! Why a stack does not start.

use std::io;
use std::path::PathBuf;

use crate::demo::DemoError;
use crate::journal::JournalError;
use crate::pattern::NotMatchable;
use crate::programs::CannotRun;
use crate::table::TableError;
use crate::template::TemplateError;

/// Why the stack did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The port is taken, or not to be had.
    #[error("cannot listen on 127.0.0.1:{port}: {cause}; set GATEPASS_PORT to another port, or to 0 for any free one")]
    Port {
        /// The port.
        port: u16,
        /// The answer of the system.
        cause: io::Error,
    },
    /// The template cannot be read.
    #[error("{}: {cause}; set GATEPASS_TEMPLATE to a SAM template, or start in the root of the repository", .path.display())]
    NoTemplate {
        /// The file.
        path: PathBuf,
        /// The answer of the system.
        cause: io::Error,
    },
    /// The template says something that cannot run here.
    #[error("{}: {cause}", .path.display())]
    Template {
        /// The file.
        path: PathBuf,
        /// The fault, and its place.
        cause: TemplateError,
    },
    /// The template trusts another issuer than the one that is here.
    #[error("{}: the authorizer `{authorizer}` trusts {issuer}, and not the parameter Issuer, which is the local one", .path.display())]
    Issuer {
        /// The file.
        path: PathBuf,
        /// The authorizer's name.
        authorizer: String,
        /// The principals that it trusts.
        issuer: String,
    },
    /// A pattern of the template cannot run here.
    #[error("{}: {place}: {cause}", .path.display())]
    Pattern {
        /// The file.
        path: PathBuf,
        /// The rule or filter.
        place: String,
        /// The fault in it.
        cause: NotMatchable,
    },
    /// A function of the template cannot run.
    #[error("{}: Resources.{function}: {cause}", .path.display())]
    Function {
        /// The file.
        path: PathBuf,
        /// The function's logical id.
        function: String,
        /// The fault in it.
        cause: CannotRun,
    },
    /// The data directory cannot be used.
    #[error("{}: {cause}", .path.display())]
    Data {
        /// The file or directory.
        path: PathBuf,
        /// The answer of the system.
        cause: io::Error,
    },
    /// The journal cannot be used.
    #[error("{}", .path.display())]
    Journal {
        /// The file.
        path: PathBuf,
        /// The fault.
        #[source]
        cause: JournalError,
    },
    /// The embedded database does not open.
    #[error("the embedded database does not open: {0}")]
    Database(String),
    /// The table is not to be had.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The demonstration could not be loaded.
    #[error("the demonstration could not be loaded")]
    Demo(#[from] DemoError),
    /// The HTTP client could not be made.
    #[error("no HTTP client could be made")]
    HttpClient(#[from] reqwest::Error),
}

impl StartError {
    /// True when the options or the template are to blame, rather than the machine.
    pub fn is_configuration(&self) -> bool {
        match self {
            Self::Port { .. }
            | Self::NoTemplate { .. }
            | Self::Template { .. }
            | Self::Issuer { .. }
            | Self::Pattern { .. }
            | Self::Function { .. }
            | Self::Data { .. }
            | Self::Journal { .. }
            | Self::Table(TableError::Description(_) | TableError::NoStream(_)) => true,
            Self::Database(_) | Self::Table(TableError::DynamoDb { .. }) | Self::Demo(_) | Self::HttpClient(_) => false,
        }
    }
}
