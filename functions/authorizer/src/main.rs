//! API Gateway authorizer, on AWS Lambda.

use aws_config::BehaviorVersion;
use gatepass_authorizer::{Authorizer, Config};
use gatepass_lambda::{Clock, Vars, init_logs, timeouts};
use lambda_runtime::{Error, LambdaEvent, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    init_logs();
    let config = Config::from_vars(&Vars::of_process())?;
    let aws = aws_config::defaults(BehaviorVersion::latest()).timeout_config(timeouts()).load().await;
    let authorizer = Authorizer::new(config, aws_sdk_dynamodb::Client::new(&aws), Clock::System);
    lambda_runtime::run(service_fn(async |event: LambdaEvent<_>| authorizer.handle(event.payload).await)).await
}
