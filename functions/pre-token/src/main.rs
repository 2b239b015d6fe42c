//! Amazon Cognito's pre token generation trigger, on AWS Lambda.

use gatepass_lambda::init_logs;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    init_logs();
    let handle = async |event: LambdaEvent<Value>| Ok::<_, Error>(gatepass_pre_token::handle(event.payload));
    lambda_runtime::run(service_fn(handle)).await
}
