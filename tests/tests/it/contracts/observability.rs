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
        // Nothing is reported of what nobody asks for, except where something has to happen each minute.
        let missing = if name == "background work stopped" { "breaching" } else { "notBreaching" };
        assert_eq!(alarm["TreatMissingData"], missing, "{name}");
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

/// More would make the first three dashboards of an account cost what others do.
#[test]
fn the_dashboard_is_one_that_costs_nothing() {
    let dashboards = template::of_type("AWS::CloudWatch::Dashboard");
    assert_eq!(dashboards.len(), 1);
    let body = dashboards[0].1["Properties"]["DashboardBody"]["Fn::Sub"].as_str().unwrap();
    let body: Value = serde_json::from_str(body).unwrap();
    let widgets = body["widgets"].as_array().unwrap().iter();
    let metrics: usize = widgets.map(|widget| widget["properties"]["metrics"].as_array().map_or(0, Vec::len)).sum();
    assert!(metrics <= 50, "{metrics} metrics");
}

#[test]
fn what_is_idle_costs_two_dollars_a_month_at_most() {
    let text = repository::text("docs/operations.md");
    let (_, table) = text.split_once("| what | how much | price |\n").expect("a table of what is idle");
    let rows = table.lines().skip(1).take_while(|line| line.starts_with('|')).map(|line| {
        let cells: Vec<_> =
            line.trim_matches('|').split('|').map(|cell| cell.replace('*', "").trim().to_owned()).collect();
        let cents = cells[2].replace('.', "").parse::<u32>().unwrap_or_else(|_| panic!("{line} has no price"));
        (cells[0].clone(), cents)
    });
    let mut rows: Vec<_> = rows.collect();
    let (last, together) = rows.pop().expect("the table has rows");
    assert_eq!(last, "together");
    assert_eq!(rows.iter().map(|(_, cents)| cents).sum::<u32>(), together, "the rows and their sum");
    assert!(together <= 200, "{together} cents");
}

/// That functions log it there is tested in `shared/lambda`, that it is one id in `flows/correlation.rs`.
#[test]
fn the_runbooks_query_looks_wherever_the_correlation_id_is() {
    let query = "filter correlation_id = '$ID' or span.correlation_id = '$ID' or requestId = '$ID'";
    assert!(repository::text("docs/runbook.md").contains(query));
    let api = template::of_type("AWS::Serverless::HttpApi").remove(0).1;
    let format = api["Properties"]["AccessLogSettings"]["Format"].as_str().unwrap();
    assert!(format.contains(r#""requestId":"$context.requestId""#), "{format}");
}
