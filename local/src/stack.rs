//! The stack: started in order, stopped in the opposite one.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use gatepass_iam::NOBODY;
use gatepass_lambda::causes;
use tokio::sync::watch;

use crate::aws::{self, Roles, RunSecret, Services, Vault};
use crate::bus::Buses;
use crate::clock::StackClock;
use crate::crash::FaultPoint;
use crate::delivery::Deliveries;
use crate::demo;
use crate::files::Files;
use crate::fresh::fresh_id;
use crate::front::{self, Front};
use crate::function::Function;
use crate::gateway::Gateway;
use crate::journal::{Journal, JournalError};
use crate::layer::{Layer, address_of, listen};
use crate::local_routes::Extras;
use crate::oidc::{self, Issuer, SigningKey};
use crate::options::{Data, DynamoDb, Options};
use crate::portal::Portal;
use crate::programs::{self, Clients};
use crate::schedule::Schedule;
use crate::start_error::StartError;
use crate::stream::{self, Pump};
use crate::table;
use crate::template::{self, REGION, Setting, Wiring};

/// The name that the stack goes by, as a CloudFormation stack would.
const STACK_NAME: &str = "gatepass-local";
/// The program that sample APIs are guarded by.
const AUTHORIZER: &str = "authorizer";

/// A running stack. Dropped, it ends at once; [`Stack::stop`] lets it finish.
pub struct Stack {
    address: SocketAddr,
    aws_address: SocketAddr,
    secret: RunSecret,
    /// The parts that bring work in; then what work needs. Stopped in this order.
    layers: [Layer; 2],
    /// A table in somebody's DynamoDB that is not to be kept.
    leftover: Option<(aws_sdk_dynamodb::Client, template::Table)>,
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

        let (mut services_layer, mut top) = (Layer::default(), Layer::default());
        let dynamodb = match &options.dynamodb {
            DynamoDb::At(address) => aws::DynamoDb::At { address: address.clone(), client: http_client()? },
            DynamoDb::Embedded => aws::DynamoDb::Embedded(files.database()?),
        };
        let aws_listener = listen(0).await?;
        let aws_address = address_of(&aws_listener, 0)?;
        let config = sdk_config(aws_address);
        let secret = RunSecret::fresh();
        let clients = Clients::of(NOBODY, &config, secret.as_str());
        let functions = programs::all(&wiring.functions, &config, &secret, &clock.for_functions())
            .map_err(|(function, cause)| StartError::Function { path: options.template.clone(), function, cause })?;
        let taking_events = taking_events(&wiring, &functions);
        let deliveries = Deliveries::new(Arc::clone(&journal), clock.clone(), taking_events.iter().cloned());
        let buses = Buses::new(&wiring, Arc::clone(&deliveries), clock.clone())
            .map_err(|(place, cause)| StartError::Pattern { path: options.template.clone(), place, cause })?;
        let buses = Arc::new(buses);
        let fault = Arc::new(FaultPoint::new(options.crash_after));
        let writes = watch::Sender::new(0);
        let write_counter = writes.subscribe();
        let services = Services {
            buses: Arc::clone(&buses),
            clock: clock.clone(),
            dynamodb,
            fault: Arc::clone(&fault),
            journal: Arc::clone(&journal),
            roles: Roles::new(&wiring.functions),
            secret: secret.clone(),
            vault: files.open("kms.key", Vault::open)?,
            writes,
        };
        services_layer.serve(aws_listener, aws::router(Arc::new(services), aws_address.port()));

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
            buses,
            clock: clock.clone(),
            deliveries: Arc::clone(&deliveries),
            schedules,
            holdable: taking_events,
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
        Ok(Self { address, aws_address, secret, layers: [top, services_layer], leftover })
    }

    /// The address at which the stack answers.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The endpoint at which AWS SDK clients and the AWS CLI find the stack's DynamoDB, EventBridge, SES and KMS.
    pub fn aws_address(&self) -> SocketAddr {
        self.aws_address
    }

    /// The secret access key that calls of [`Stack::aws_address`] are signed with, in this run; the access key id is
    /// `local`.
    pub fn aws_secret(&self) -> &str {
        self.secret.as_str()
    }

    /// Stops: takes nothing new, finishes what is under way, and leaves the rest on record.
    pub async fn stop(self) {
        let [top, services] = self.layers;
        top.finish().await;
        if let Some((client, table)) = &self.leftover
            && let Err(error) = table::delete(client, table).await
        {
            tracing::warn!(error = causes(&error), "the table could not be deleted");
        }
        services.finish().await;
    }
}

/// The functions that events come to, and not somebody who waits for an answer.
fn taking_events(wiring: &Wiring, functions: &BTreeMap<String, Arc<Function>>) -> Vec<Arc<Function>> {
    let by_events = |wiring: &&template::Function| {
        !(wiring.rules.is_empty() && wiring.streams.is_empty() && wiring.schedules.is_empty())
    };
    let wirings = wiring.functions.iter().filter(by_events);
    wirings.filter_map(|wiring| functions.get(&wiring.logical_id).cloned()).collect()
}

/// The components of the parts that bring work in.
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

    fn authorizer(&self) -> Option<Arc<Function>> {
        self.each().find(|(wiring, _)| wiring.binary == AUTHORIZER).map(|(_, function)| Arc::clone(function))
    }
}

/// A client for the one hop to DynamoDB: a proxy has no place on it.
fn http_client() -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder().no_proxy().build()
}

fn sdk_config(address: SocketAddr) -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static(REGION))
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

/// The domain of the sender's address, which stands for every address in it.
fn mail_identity(sender: &str) -> String {
    sender.rsplit('@').next().unwrap_or_default().trim_end_matches('>').to_owned()
}

fn read_template(options: &Options, stack_name: &str, port: u16) -> Result<Wiring, StartError> {
    let path = || options.template.clone();
    let text = std::fs::read_to_string(&options.template);
    let text = text.map_err(|cause| StartError::NoTemplate { path: path(), cause })?;
    let issuer = oidc::issuer_url(port);
    let settings = BTreeMap::from([
        (Setting::Audience, oidc::CLIENT_ID.to_owned()),
        (Setting::Gateways, "builtin,oauth2_dcr".to_owned()),
        (Setting::Issuer, issuer.clone()),
        (Setting::MailIdentity, options.mail_sender.as_deref().map(mail_identity).unwrap_or_default()),
        (Setting::MailSender, options.mail_sender.clone().unwrap_or_default()),
        (Setting::PortalUrl, format!("http://127.0.0.1:{port}")),
    ]);
    let directory = options.template.parent().unwrap_or(Path::new("."));
    let wiring = template::load(&text, directory, stack_name, &settings);
    let wiring = wiring.map_err(|cause| StartError::Template { path: path(), cause })?;
    match wiring.authorizers.iter().find(|(_, authorizer)| authorizer.issuer != issuer) {
        Some((name, authorizer)) => {
            let (authorizer, issuer) = (name.clone(), authorizer.issuer.clone());
            Err(StartError::Issuer { path: path(), authorizer, issuer })
        }
        None => Ok(wiring),
    }
}
