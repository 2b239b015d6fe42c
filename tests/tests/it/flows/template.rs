//! The wiring that runs is the wiring of the template; a start that cannot be is refused.

use crate::stack::{Setup, refused, string, until};
use crate::{repository, template};

/// R2: without its rule nothing provisions.
#[tokio::test]
async fn deleting_a_rule_stops_its_step() {
    let whole = repository::text(template::PATH);
    let rule = "detail-type: [AccessRequestApproved, ProvisioningRequeued, AppReassigned]";
    let at = whole.find(rule).expect("the rule of `provision` is in the template");
    let from = whole[..at].rfind("      Events:\n").expect("a rule is among events");
    let to = at + whole[at..].find("\n\n").expect("the function ends");
    let without = format!("{}{}", &whole[..from], &whole[to + 1..]);
    let stack = Setup::default().template(&without).start().await;
    let ada = stack.person("ada").await;
    let id = string(&ada.submit("public-apis", &["weather-api"], "free", "Unwired").await["id"]);
    until("the approval is published", async || {
        let published = stack.events("AccessRequestApproved").await;
        (!published.is_empty()).then_some(())
    })
    .await;
    for _ in 0..6 {
        assert_eq!(ada.request(&id).await["provisioning"]["status"], "queued");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    // The sweeper publishes nothing that would bring it about.
    stack.advance("PT10M").await;
    let request = ada.request(&id).await;
    assert_eq!(request["provisioning"]["status"], "queued");
    // The requester hears that access is being prepared, and not that it is ready.
    let mails = request["mails"].as_array().unwrap();
    assert!(mails.iter().all(|mail| mail["template"] == "approve"), "{mails:?}");
}

/// One clear line and exit code 2.
#[tokio::test]
async fn a_stack_that_cannot_run_says_why_in_one_line() {
    let whole = repository::text(template::PATH);
    let pattern = "detail-type: [AccessRequestApproved, ProvisioningRequeued, AppReassigned]";
    let foreign = whole.replace("GATEPASS_BUS: !Ref Bus", "GATEPASS_BUS: !ImportValue Bus");
    let unmatchable = whole.replace(pattern, "detail-type: [{regexp: Access}]");
    assert!(foreign != whole && unmatchable != whole, "the copies differ");
    let cases = [
        (Setup::default().with("GATEPASS_PORT", "http"), vec!["GATEPASS_PORT", "http"]),
        (Setup::default().with("GATEPASS_TEMPLATE", "infra/nowhere.yaml"), vec!["infra/nowhere.yaml"]),
        (Setup::default().with("GATEPASS_CRASH_AFTER", "lunch:1"), vec!["GATEPASS_CRASH_AFTER", "lunch:1"]),
        (Setup::default().template(&foreign), vec!["line", "ImportValue"]),
        (Setup::default().template(&unmatchable), vec!["Provision", "regexp"]),
        (Setup::default().template("a: [1"), vec!["line"]),
    ];
    for (setup, words) in cases {
        let (code, stderr) = refused(&setup).await;
        assert_eq!(code, Some(2), "{stderr}");
        assert_eq!(stderr.trim_end().lines().count(), 1, "one line: {stderr}");
        for word in words {
            assert!(stderr.contains(word), "{word} is not in: {stderr}");
        }
    }
}
