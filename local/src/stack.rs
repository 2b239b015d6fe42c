//! The stack: started in order, stopped in the opposite one.

use std::collections::BTreeMap;
use std::fs::DirBuilder;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use axum::Router;
use dynoxide::Database;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::aws::{self, Services, Vault};
use crate::bus::Buses;
use crate::clock::StackClock;
use crate::crash::FaultPoint;
use crate::delivery::Deliveries;
use crate::demo::{self, DemoError};
use crate::fresh::fresh_id;
use crate::front::{self, Front};
use crate::function::Function;
use crate::gateway::Gateway;
use crate::journal::{Journal, JournalError};
use crate::local_routes::Extras;
use crate::oidc::{self, Issuer, SigningKey};
use crate::options::{Data, DynamoDb, Options};
use crate::pattern::NotMatchable;
use crate::portal::Portal;
use crate::programs::{self, CannotRun, Clients};
use crate::schedule::Schedule;
use crate::stream::{self, Pump};
use crate::table::{self, TableError};
use crate::template::{self, REGION, Setting, TemplateError, Wiring};

/// How long a part of the stack gets to finish what it is doing.
const GRACE: Duration = Duration::from_secs(5);
/// The name that the stack goes by, as a CloudFormation stack would.
const STACK_NAME: &str = "gatepass-local";
/// The program that sample APIs are guarded by.
const AUTHORIZER: &str = "authorizer";

/// Why the stack did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The port is taken, or not to be had.
    #[error("cannot listen on 127.0.0.1:{port}: {cause}; set GATEPASS_PORT to another port, or to 0 for any free one")]
    Port {
        /// The port.
        port: u16,
        /// What the system said.
        cause: io::Error,
    },
    /// The template cannot be read.
    #[error("{}: {cause}; set GATEPASS_TEMPLATE to a SAM template, or start in the root of the repository", .path.display())]
    NoTemplate {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// The template says something that cannot run here.
    #[error("{}: {cause}", .path.display())]
    Template {
        /// The file.
        path: PathBuf,
        /// What it is, and where.
        cause: TemplateError,
    },
    /// The template trusts another issuer than the one that is here.
    #[error("{}: the authorizer `{authorizer}` trusts {issuer}, and not the parameter Issuer, which is the local one", .path.display())]
    Issuer {
        /// The file.
        path: PathBuf,
        /// The authorizer's name.
        authorizer: String,
        /// Whom it trusts.
        issuer: String,
    },
    /// A pattern of the template cannot run here.
    #[error("{}: {place}: {cause}", .path.display())]
    Pattern {
        /// The file.
        path: PathBuf,
        /// The rule or filter.
        place: String,
        /// What is wrong with it.
        cause: NotMatchable,
    },
    /// A function of the template cannot run.
    #[error("{}: Resources.{function}: {cause}", .path.display())]
    Function {
        /// The file.
        path: PathBuf,
        /// The function's logical id.
        function: String,
        /// What is wrong with it.
        cause: CannotRun,
    },
    /// The data directory cannot be used.
    #[error("{}: {cause}", .path.display())]
    Data {
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// The journal cannot be used.
    #[error("{}: {cause}", .path.display())]
    Journal {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        cause: JournalError,
    },
    /// The embedded database does not open.
    #[error("the embedded database does not open: {0}")]
    Database(String),
    /// The table is not to be had.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The demonstration could not be loaded.
    #[error("the demonstration could not be loaded: {0}")]
    Demo(#[from] DemoError),
    /// The HTTP client could not be made.
    #[error("no HTTP client: {0}")]
    HttpClient(#[from] reqwest::Error),
}

impl StartError {
    /// Whether the options or the template are to blame, rather than the machine.
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

/// A running stack. Dropped, it ends at once; [`Stack::stop`] lets it finish.
pub struct Stack {
    address: SocketAddr,
    aws_address: SocketAddr,
    /// What brings work in; then what work needs; then the database. Stopped in this order.
    layers: Vec<Layer>,
    /// A table in somebody's DynamoDB that is not to be kept.
    leftover: Option<(aws_sdk_dynamodb::Client, template::Table)>,
}

/// Tasks that stop together.
#[derive(Default)]
struct Layer {
    tasks: JoinSet<()>,
    stop: CancellationToken,
}

impl Layer {
    fn serve(&mut self, listener: TcpListener, router: Router) {
        let stop = self.stop.clone().cancelled_owned();
        self.tasks.spawn(async move {
            if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(stop).await {
                tracing::error!(%error, "a server ended");
            }
        });
    }

    async fn finish(mut self) {
        self.stop.cancel();
        let finished = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(GRACE, finished).await.is_err() {
            tracing::warn!("something did not finish in time and is cut off");
        }
    }
}

impl Stack {
    /// Starts the stack; when this returns, it is ready.
    ///
    /// # Errors
    /// [`StartError`], for people to read.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let listener = listen(options.port).await?;
        let address = address_of(&listener, options.port)?;
        let files = Files::prepare(&options.data)?;
        let journal = Arc::new(files.journal()?);
        let journal_failed = |cause| StartError::Journal { path: files.path("journal.sqlite"), cause };
        let clock = StackClock::resume(Arc::clone(&journal)).map_err(journal_failed)?;
        let stack_name = stack_name(&options, &journal).map_err(journal_failed)?;
        let wiring = read_template(&options, &stack_name, address.port())?;

        let (mut bottom, mut middle, mut top) = (Layer::default(), Layer::default(), Layer::default());
        let dynamodb = match &options.dynamodb {
            DynamoDb::At(address) => address.clone(),
            DynamoDb::Embedded => files.embed_dynamodb(&mut bottom).await?,
        };
        let aws_listener = listen(0).await?;
        let aws_address = address_of(&aws_listener, 0)?;
        let clients = Clients::new(&sdk_config(aws_address));
        let functions = programs::all(&wiring.functions, &clients, &clock.for_functions())
            .map_err(|(function, cause)| StartError::Function { path: options.template.clone(), function, cause })?;
        let deliveries = Deliveries::new(Arc::clone(&journal), clock.clone(), functions.values().cloned());
        let buses = Buses::new(&wiring, Arc::clone(&deliveries), clock.clone())
            .map_err(|(place, cause)| StartError::Pattern { path: options.template.clone(), place, cause })?;
        let fault = Arc::new(FaultPoint::new(options.crash_after));
        let writes = watch::Sender::new(0);
        let write_counter = writes.subscribe();
        let services = Services {
            buses,
            clock: clock.clone(),
            dynamodb: aws::DynamoDb { address: dynamodb, client: http_client()?, writes },
            fault: Arc::clone(&fault),
            journal: Arc::clone(&journal),
            vault: files.open("kms.key", Vault::open)?,
        };
        middle.serve(aws_listener, aws::router(Arc::new(services)));

        let stream_arn = table::ensure(&clients.dynamodb, &wiring.table).await?;
        let store = gatepass_store::Store::new(clients.dynamodb.clone(), &wiring.table.name);
        demo::load(&store, &journal, &clock.for_functions()).await?;
        fault.arm();

        let key = files.open("oidc.pem", SigningKey::open)?;
        let issuer = Arc::new(Issuer::new(key, clock.clone(), address.port()));
        let run =
            Run { options: &options, wiring: &wiring, functions: &functions, deliveries: &deliveries, clock: &clock };
        run.streams(&mut top, &clients, &stream_arn, &journal, &write_counter)?;
        let schedules = run.schedules(&mut top);
        deliveries.run(&mut top.tasks, &top.stop);
        let extras = Extras {
            issuer: Arc::clone(&issuer),
            journal,
            clock: clock.clone(),
            deliveries: Arc::clone(&deliveries),
            schedules,
            holdable: run.holdable(),
            authorizer: run.authorizer(),
        };
        let front = Front {
            gateway: Gateway::new(&wiring, &functions, Arc::clone(&issuer), clock),
            extras: Arc::new(extras),
            issuer,
            portal: Portal::new(options.portal_dir.clone()),
            port: address.port(),
        };
        top.serve(listener, front::router(front));
        let keeps_nothing = options.data == Data::Ephemeral && options.dynamodb != DynamoDb::Embedded;
        let leftover = keeps_nothing.then(|| (clients.dynamodb.clone(), wiring.table.clone()));
        Ok(Self { address, aws_address, layers: vec![top, middle, bottom], leftover })
    }

    /// Where the stack answers.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where AWS SDK clients and the AWS CLI find the stack's DynamoDB, EventBridge, SES and KMS.
    pub fn aws_address(&self) -> SocketAddr {
        self.aws_address
    }

    /// Stops: takes nothing new, finishes what is under way, and leaves the rest on record.
    pub async fn stop(self) {
        let mut layers = self.layers.into_iter();
        if let Some(top) = layers.next() {
            top.finish().await;
        }
        if let Some((client, table)) = &self.leftover
            && let Err(error) = table::delete(client, table).await
        {
            tracing::warn!(%error, "the table could not be deleted");
        }
        for layer in layers {
            layer.finish().await;
        }
    }
}

/// What the parts that bring work in are made of.
struct Run<'a> {
    options: &'a Options,
    wiring: &'a Wiring,
    functions: &'a BTreeMap<String, Arc<Function>>,
    deliveries: &'a Arc<Deliveries>,
    clock: &'a StackClock,
}

impl Run<'_> {
    /// Each function of the template with its wiring.
    fn each(&self) -> impl Iterator<Item = (&template::Function, &Arc<Function>)> {
        self.wiring.functions.iter().filter_map(|wiring| Some((wiring, self.functions.get(&wiring.logical_id)?)))
    }

    fn streams(
        &self,
        layer: &mut Layer,
        clients: &Clients,
        stream_arn: &str,
        journal: &Arc<Journal>,
        writes: &watch::Receiver<u64>,
    ) -> Result<(), StartError> {
        for (wiring, function) in self.each() {
            for source in &wiring.streams {
                let filters = stream::filters(source).map_err(|cause| StartError::Pattern {
                    path: self.options.template.clone(),
                    place: format!("Resources.{}.Properties.Events.{}", wiring.logical_id, source.name),
                    cause,
                })?;
                let pump = Pump {
                    client: clients.streams.clone(),
                    stream_arn: stream_arn.to_owned(),
                    function: Arc::clone(function),
                    source: source.clone(),
                    journal: Arc::clone(journal),
                    clock: self.clock.clone(),
                    writes: writes.clone(),
                };
                layer.tasks.spawn(pump.run(filters, layer.stop.clone()));
            }
        }
        Ok(())
    }

    fn schedules(&self, layer: &mut Layer) -> Vec<Arc<Schedule>> {
        let mut schedules = Vec::new();
        for (wiring, function) in self.each() {
            for schedule in &wiring.schedules {
                let deliveries = Arc::clone(self.deliveries);
                let schedule = Schedule::new(schedule, Arc::clone(function), deliveries, self.clock.clone());
                let schedule = Arc::new(schedule);
                layer.tasks.spawn(Arc::clone(&schedule).run(layer.stop.clone()));
                schedules.push(schedule);
            }
        }
        schedules
    }

    /// The functions that events come to, and not somebody who waits for an answer.
    fn holdable(&self) -> Vec<Arc<Function>> {
        let by_events = |wiring: &template::Function| {
            !(wiring.rules.is_empty() && wiring.streams.is_empty() && wiring.schedules.is_empty())
        };
        self.each().filter(|(wiring, _)| by_events(wiring)).map(|(_, function)| Arc::clone(function)).collect()
    }

    fn authorizer(&self) -> Option<Arc<Function>> {
        self.each().find(|(wiring, _)| wiring.binary == AUTHORIZER).map(|(_, function)| Arc::clone(function))
    }
}

async fn listen(port: u16) -> Result<TcpListener, StartError> {
    let listening = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
    listening.map_err(|cause| StartError::Port { port, cause })
}

fn address_of(listener: &TcpListener, port: u16) -> Result<SocketAddr, StartError> {
    listener.local_addr().map_err(|cause| StartError::Port { port, cause })
}

/// A client for the one hop to DynamoDB: a proxy has no place on it.
fn http_client() -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder().no_proxy().build()
}

fn sdk_config(address: SocketAddr) -> SdkConfig {
    let credentials = Credentials::new("local", "local", None, None, STACK_NAME);
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static(REGION))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .endpoint_url(format!("http://{address}"))
        .build()
}

/// The name of the stack, from which its table has its own. In somebody's DynamoDB there may be several
/// stacks: the name then is this one's alone, and stays so.
fn stack_name(options: &Options, journal: &Journal) -> Result<String, JournalError> {
    const FACT: &str = "stack-name";
    if options.dynamodb == DynamoDb::Embedded {
        return Ok(STACK_NAME.to_owned());
    }
    if let Some(name) = journal.fact(FACT)? {
        return Ok(name);
    }
    let id: String = fresh_id().chars().take(8).collect();
    let name = format!("{STACK_NAME}-{id}");
    journal.set_fact(FACT, &name)?;
    Ok(name)
}

fn read_template(options: &Options, stack_name: &str, port: u16) -> Result<Wiring, StartError> {
    let path = || options.template.clone();
    let text = std::fs::read_to_string(&options.template);
    let text = text.map_err(|cause| StartError::NoTemplate { path: path(), cause })?;
    let issuer = oidc::issuer_url(port);
    let settings = BTreeMap::from([
        (Setting::Audience, oidc::CLIENT_ID.to_owned()),
        (Setting::Issuer, issuer.clone()),
        (Setting::MailSender, options.mail_sender.clone().unwrap_or_default()),
        (Setting::PortalUrl, format!("http://127.0.0.1:{port}")),
    ]);
    let wiring = template::load(&text, stack_name, &settings);
    let wiring = wiring.map_err(|cause| StartError::Template { path: path(), cause })?;
    match wiring.authorizers.iter().find(|(_, authorizer)| authorizer.issuer != issuer) {
        Some((name, authorizer)) => {
            let (authorizer, issuer) = (name.clone(), authorizer.issuer.clone());
            Err(StartError::Issuer { path: path(), authorizer, issuer })
        }
        None => Ok(wiring),
    }
}

/// The files of a stack that keeps its data; without a directory there are none.
struct Files(Option<PathBuf>);

impl Files {
    fn prepare(data: &Data) -> Result<Self, StartError> {
        let Data::Directory(directory) = data else { return Ok(Self(None)) };
        // Mails and sealed keys are nobody else's business.
        let made = DirBuilder::new().recursive(true).mode(0o700).create(directory);
        made.map_err(|cause| StartError::Data { path: directory.clone(), cause })?;
        Ok(Self(Some(directory.clone())))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.as_ref().map(|directory| directory.join(name)).unwrap_or_default()
    }

    fn journal(&self) -> Result<Journal, StartError> {
        let path = self.path("journal.sqlite");
        let opened = if self.0.is_some() { Journal::open(&path) } else { Journal::in_memory() };
        opened.map_err(|cause| StartError::Journal { path, cause })
    }

    fn open<T>(&self, name: &str, open: impl FnOnce(Option<&Path>) -> io::Result<T>) -> Result<T, StartError> {
        let path = self.path(name);
        let opened = open(self.0.as_ref().map(|_| path.as_path()));
        opened.map_err(|cause| StartError::Data { path, cause })
    }

    /// Serves the embedded DynamoDB on a loopback port; gives its address.
    async fn embed_dynamodb(&self, layer: &mut Layer) -> Result<String, StartError> {
        let path = self.path("dynamodb.sqlite");
        let database = match (&self.0, path.to_str()) {
            (None, _) => Database::memory(),
            (Some(_), Some(path)) => Database::new(path),
            (Some(_), None) => {
                let cause = io::Error::new(io::ErrorKind::InvalidInput, "the path must be valid UTF-8");
                return Err(StartError::Data { path, cause });
            }
        };
        let database = database.map_err(|error| StartError::Database(error.to_string()))?;
        let listener = listen(0).await?;
        let address = address_of(&listener, 0)?;
        let stop = layer.stop.clone().cancelled_owned();
        layer.tasks.spawn(async move {
            if let Err(error) = dynoxide::server::serve_with_shutdown(listener, database, stop).await {
                tracing::error!(error, "the embedded DynamoDB ended");
            }
        });
        Ok(format!("http://{address}"))
    }
}
