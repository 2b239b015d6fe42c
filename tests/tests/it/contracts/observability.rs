//! Alarms: each has its page, and together they cost what the operations guide says.

use serde_json::Value;

use crate::{repository, template};

/// The alarms by what they are called, less the stack's name.
fn alarms() -> Vec<(String, Value)> {
    let alarms = template::of_type("AWS::CloudWatch::Alarm").into_iter().map(|(_, alarm)| {
        let name = alarm["Properties"]["AlarmName"]["Fn::Sub"].as_str().expect("an alarm has a name").to_owned();
        (name.strip_prefix("${Name} ").expect("it begins with the stack's").to_owned(), alarm["Properties"].clone())
    });
    alarms.collect()
}

#[test]
fn the_runbook_has_a_section_for_each_alarm_and_for_nothing_else() {
    let runbook = repository::text("docs/runbook.md");
    let (_, of_alarms) = runbook.split_once("\n# The alarms\n").expect("the runbook has a part on alarms");
    let (of_alarms, _) = of_alarms.split_once("\n# ").unwrap_or((of_alarms, ""));
    let mut sections: Vec<_> = of_alarms.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    let alarms = alarms();
    let mut names: Vec<_> = alarms.iter().map(|(name, _)| name.as_str()).collect();
    sections.sort_unstable();
    names.sort_unstable();
    assert_eq!(sections, names);
    for (name, alarm) in &alarms {
        let description = alarm["AlarmDescription"].as_str().unwrap();
        assert!(description.ends_with(&format!("docs/runbook.md, \"{name}\".")), "{description}");
    }
}

#[test]
fn alarms_reach_people_and_do_not_go_off_when_nobody_asks() {
    for (name, alarm) in alarms() {
        for actions in ["AlarmActions", "OKActions"] {
            assert_eq!(alarm[actions][0]["Ref"], "Alarms", "{name}");
        }
        assert_eq!(alarm["TreatMissingData"], "notBreaching", "{name}");
    }
}

/// $0.10 a metric and month, which docs/operations.md counts.
#[test]
fn alarms_take_no_more_metrics_than_are_paid_for() {
    let metrics = |alarm: &Value| match alarm["Metrics"].as_array() {
        Some(metrics) => metrics.iter().filter(|metric| metric.get("MetricStat").is_some()).count(),
        None => 1,
    };
    let all: usize = alarms().iter().map(|(_, alarm)| metrics(alarm)).sum();
    let paid = format!("| {all} metrics of alarms |");
    assert!(repository::text("docs/operations.md").contains(&paid), "docs/operations.md does not say `{paid}`");
}

#[test]
fn the_dashboard_is_json() {
    let dashboard = template::of_type("AWS::CloudWatch::Dashboard").remove(0).1;
    let body = dashboard["Properties"]["DashboardBody"]["Fn::Sub"].as_str().unwrap();
    let body: Value = serde_json::from_str(body).expect("it is JSON before and after names are put in");
    assert!(body["widgets"].as_array().unwrap().len() > 5);
}
