//! Looks after what is due by time, on AWS Lambda.

// The three duties are futures in futures, deeper than the compiler's usual limit.
#![recursion_limit = "256"]

use aws_config::BehaviorVersion;
use gatepass_expire::{Config, Expire};
use gatepass_lambda::{Clock, Vars, init_logs, timeouts};
use lambda_runtime::{Error, LambdaEvent, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    init_logs();
    let config = Config::from_vars(&Vars::of_process())?;
    let aws = aws_config::defaults(BehaviorVersion::latest()).timeout_config(timeouts()).load().await;
    let (dynamodb, eventbridge) = (aws_sdk_dynamodb::Client::new(&aws), aws_sdk_eventbridge::Client::new(&aws));
    let expire = Expire::new(config, dynamodb, eventbridge, Clock::System);
    lambda_runtime::run(service_fn(async |event: LambdaEvent<_>| expire.handle(event.payload).await)).await
}
