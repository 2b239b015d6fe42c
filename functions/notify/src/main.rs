//! Sends mails, on AWS Lambda.

use aws_config::BehaviorVersion;
use gatepass_lambda::{Clock, Vars, init_logs, timeouts};
use gatepass_notify::{Config, Notify};
use lambda_runtime::{Error, LambdaEvent, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    init_logs();
    let config = Config::from_vars(&Vars::of_process())?;
    let aws = aws_config::defaults(BehaviorVersion::latest()).timeout_config(timeouts()).load().await;
    let (dynamodb, ses) = (aws_sdk_dynamodb::Client::new(&aws), gatepass_ses::client(&aws));
    let notify = Notify::new(config, dynamodb, ses, Clock::System);
    lambda_runtime::run(service_fn(async |event: LambdaEvent<_>| notify.handle(event.payload).await)).await
}
