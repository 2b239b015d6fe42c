//! The HTTP endpoint that `GATEPASS_ROUTE` names, on AWS Lambda.

use aws_config::BehaviorVersion;
use gatepass_api::{Clients, Config, service};
use gatepass_lambda::{Clock, Vars, init_logs, timeouts};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    init_logs();
    let config = Config::from_vars(&Vars::of_process())?;
    let aws = aws_config::defaults(BehaviorVersion::latest()).timeout_config(timeouts()).load().await;
    let clients = Clients { dynamodb: aws_sdk_dynamodb::Client::new(&aws), kms: aws_sdk_kms::Client::new(&aws) };
    lambda_http::run(service(config, &clients, Clock::System)).await
}
