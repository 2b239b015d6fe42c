//! Metrics for CloudWatch, as log lines in the Embedded Metric Format: they need no call, and cost nothing while nothing
//! happens.
//!
//! See <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::vars::Vars;

/// The namespace of all metrics here.
const NAMESPACE: &str = "Gatepass";
/// The one dimension. Function names are unique in an account, so that stacks do not mix.
const DIMENSION: &str = "FunctionName";
/// The most values of one metric in a line, by the specification.
const MOST_VALUES: usize = 100;

/// Something that is counted or measured once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metric {
    /// A request was submitted.
    Submitted,
    /// A request was approved or rejected.
    Decided,
    /// Access was provisioned.
    Provisioned,
    /// From the submit to the provisioned access, an owner's thinking included.
    TimeToProvisioned(SignedDuration),
    /// Provisioning gave up.
    ProvisioningFailed,
    /// A mail was sent.
    MailSent,
    /// A mail was refused for good.
    MailRefused,
    /// A mail was due and there is nobody to write to.
    MailWithoutRecipient,
    /// An item of background work could not be moved on.
    WorkFailed,
}

impl Metric {
    /// Name and unit of the metric, and the value.
    fn parts(self) -> (&'static str, &'static str, i64) {
        let millis = |time: SignedDuration| i64::try_from(time.as_millis()).unwrap_or(i64::MAX).max(0);
        match self {
            Self::Submitted => ("Submitted", "Count", 1),
            Self::Decided => ("Decided", "Count", 1),
            Self::Provisioned => ("Provisioned", "Count", 1),
            Self::TimeToProvisioned(time) => ("TimeToProvisioned", "Milliseconds", millis(time)),
            Self::ProvisioningFailed => ("ProvisioningFailed", "Count", 1),
            Self::MailSent => ("MailSent", "Count", 1),
            Self::MailRefused => ("MailRefused", "Count", 1),
            Self::MailWithoutRecipient => ("MailWithoutRecipient", "Count", 1),
            Self::WorkFailed => ("WorkFailed", "Count", 1),
        }
    }
}

/// The destination of metrics.
#[derive(Debug, Clone, Default)]
pub enum Metrics {
    /// Nowhere: nobody collects them here.
    #[default]
    Nowhere,
    /// To the log of the function of this name.
    Log(String),
    /// Here, for a test to look at.
    Kept(Arc<Mutex<Vec<Metric>>>),
}

impl Metrics {
    /// The metrics of the function that Lambda runs as `AWS_LAMBDA_FUNCTION_NAME`, which Lambda sets itself. Elsewhere
    /// nobody collects metrics, and none are written.
    pub fn of(vars: &Vars) -> Self {
        vars.required("AWS_LAMBDA_FUNCTION_NAME").map_or(Self::Nowhere, |name| Self::Log(name.to_owned()))
    }

    /// Writes `values` down. Metrics may count twice after a retry; the table is authoritative.
    pub fn write(&self, now: Timestamp, values: &[Metric]) {
        match self {
            Self::Nowhere => {}
            Self::Log(function) => {
                for some in values.chunks(MOST_VALUES) {
                    if let Err(error) = writeln!(std::io::stdout(), "{}", document(function, now, some)) {
                        tracing::warn!(%error, "metrics could not be written");
                    }
                }
            }
            Self::Kept(kept) => kept.lock().unwrap_or_else(PoisonError::into_inner).extend(values),
        }
    }
}

/// One line of metrics. The log's own fields are there too, so that queries of the log find it.
fn document(function: &str, now: Timestamp, values: &[Metric]) -> Value {
    let mut metrics: BTreeMap<(&str, &str), Vec<i64>> = BTreeMap::new();
    for (name, unit, value) in values.iter().map(|metric| metric.parts()) {
        metrics.entry((name, unit)).or_default().push(value);
    }
    let definitions: Vec<_> = metrics.keys().map(|(name, unit)| json!({ "Name": name, "Unit": unit })).collect();
    let mut document = json!({
        "_aws": {
            "Timestamp": now.as_millisecond(),
            "CloudWatchMetrics": [
                { "Namespace": NAMESPACE, "Dimensions": [[DIMENSION]], "Metrics": definitions },
            ],
        },
        "timestamp": now.to_string(),
        "level": "INFO",
        "message": "metrics",
        DIMENSION: function,
    });
    for ((name, _), values) in metrics {
        document[name] = json!(values);
    }
    document
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Metric; 9] = [
        Metric::Submitted,
        Metric::Decided,
        Metric::Provisioned,
        Metric::TimeToProvisioned(SignedDuration::from_millis(1_500)),
        Metric::ProvisioningFailed,
        Metric::MailSent,
        Metric::MailRefused,
        Metric::MailWithoutRecipient,
        Metric::WorkFailed,
    ];

    #[test]
    fn a_line_is_as_the_specification_has_it() {
        let now: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
        let line = document("gatepass-Relay-1", now, &[ALL.as_slice(), &ALL].concat());
        let definition = &line["_aws"]["CloudWatchMetrics"][0];
        assert_eq!(line["_aws"]["Timestamp"], 1_795_521_600_000_i64);
        for dimension in definition["Dimensions"][0].as_array().unwrap() {
            assert!(line[dimension.as_str().unwrap()].is_string(), "a dimension's value is a text at the root");
        }
        let metrics = definition["Metrics"].as_array().unwrap();
        assert_eq!(metrics.len(), ALL.len(), "each once");
        for metric in metrics {
            assert!(["Count", "Milliseconds"].contains(&metric["Unit"].as_str().unwrap()));
            let values = line[metric["Name"].as_str().unwrap()].as_array().unwrap();
            assert!(values.len() == 2 && values.iter().all(Value::is_number), "{metric}");
        }
        assert_eq!(line["TimeToProvisioned"], json!([1_500, 1_500]));
    }

    #[test]
    fn every_metric_is_on_the_dashboard() {
        let template = include_str!("../../../infra/observability.yaml");
        for (name, ..) in ALL.map(Metric::parts) {
            assert!(template.contains(&format!("\"{name}\"")), "{name}");
        }
    }

    #[test]
    fn only_lambda_writes_metrics() {
        let vars = |name: &str| [(name.to_owned(), "gatepass-Relay-1".to_owned())].into_iter().collect::<Vars>();
        let metrics = Metrics::of(&vars("AWS_LAMBDA_FUNCTION_NAME"));
        assert!(matches!(&metrics, Metrics::Log(name) if name == "gatepass-Relay-1"), "{metrics:?}");
        assert!(matches!(Metrics::of(&vars("GATEPASS_TABLE")), Metrics::Nowhere));
    }
}
