//! Table stream → EventBridge, on AWS Lambda.

use aws_config::BehaviorVersion;
use gatepass_lambda::{Clock, Vars, init_logs, timeouts};
use gatepass_relay::{Config, Relay};
use lambda_runtime::{Error, LambdaEvent, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    init_logs();
    let config = Config::from_vars(&Vars::of_process())?;
    let aws = aws_config::defaults(BehaviorVersion::latest()).timeout_config(timeouts()).load().await;
    let (dynamodb, eventbridge) = (aws_sdk_dynamodb::Client::new(&aws), aws_sdk_eventbridge::Client::new(&aws));
    let relay = Relay::new(config, dynamodb, eventbridge, Clock::System);
    lambda_runtime::run(service_fn(async |event: LambdaEvent<_>| Ok::<_, Error>(relay.handle(event.payload).await)))
        .await
}
