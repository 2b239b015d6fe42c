use serde_json::json;

use super::*;
use crate::template::wiring::{KeyRole, KeyType};

const TEMPLATE: &str = include_str!("../../tests/it/template.yaml");

fn settings() -> BTreeMap<Setting, String> {
    BTreeMap::from([
        (Setting::Audience, "gatepass-portal".to_owned()),
        (Setting::Issuer, "http://127.0.0.1:1/_local/oidc".to_owned()),
        (Setting::MailIdentity, "gatepass.local".to_owned()),
        (Setting::MailSender, "no-reply@gatepass.local".to_owned()),
        (Setting::PortalUrl, "http://127.0.0.1:1".to_owned()),
    ])
}

fn read(text: &str) -> Result<Wiring, TemplateError> {
    load(text, Path::new("."), "gatepass-local", &settings())
}

/// The template with `from` replaced, which must be in it.
fn changed(from: &str, to: &str) -> String {
    assert!(TEMPLATE.contains(from), "{from}");
    TEMPLATE.replacen(from, to, 1)
}

fn function<'a>(wiring: &'a Wiring, id: &str) -> &'a Function {
    wiring.functions.iter().find(|function| function.logical_id == id).unwrap()
}

#[test]
fn functions_have_their_program_and_settings() {
    let wiring = read(TEMPLATE).unwrap();
    let notify = function(&wiring, "Notify");
    assert_eq!(notify.binary, "notify");
    assert_eq!(notify.environment["GATEPASS_TABLE"], "gatepass-local-Table");
    assert_eq!(notify.environment["GATEPASS_MAIL_SENDER"], "no-reply@gatepass.local");
    assert_eq!(notify.timeout, Duration::from_secs(30), "of its own");
    assert_eq!(notify.retries, 2);
    let relay = function(&wiring, "Relay");
    assert_eq!(relay.timeout, Duration::from_secs(10), "of Globals");
    let table = "arn:aws:dynamodb:us-east-1:000000000000:table/gatepass-local-Table";
    let grant = Grant {
        actions: vec!["dynamodb:GetItem".into()],
        resources: vec![table.into(), format!("{table}/index/*")],
        leading_keys: None,
    };
    assert_eq!(function(&wiring, "GetApp").grants, [grant]);
    assert_eq!(relay.environment["GATEPASS_BUS"], "gatepass-local-bus");
}

#[test]
fn a_resource_whose_condition_fails_is_not_there() {
    let wiring = read(TEMPLATE).unwrap();
    assert!(wiring.functions.iter().all(|function| function.logical_id != "PreToken"));
}

#[test]
fn routes_have_the_default_authorizer_unless_they_say_otherwise() {
    let wiring = read(TEMPLATE).unwrap();
    let routes: Vec<_> = wiring.functions.iter().flat_map(|function| &function.routes).collect();
    let of = |path: &str| routes.iter().find(|route| route.path == path).unwrap();
    assert_eq!(of("/v1/health").authorizer, None);
    assert_eq!(of("/v1/apps/{id}").authorizer.as_deref(), Some("Jwt"));
    let authorizer = &wiring.authorizers["Jwt"];
    assert_eq!(authorizer.issuer, "http://127.0.0.1:1/_local/oidc");
    assert_eq!(authorizer.audience, ["gatepass-portal"]);
    assert_eq!(authorizer.scopes, ["openid"]);
}

#[test]
fn rules_streams_and_schedules_are_read() {
    let wiring = read(TEMPLATE).unwrap();
    let rule = &function(&wiring, "Notify").rules[0];
    assert_eq!(rule.bus, "gatepass-local-bus");
    assert_eq!(rule.pattern["detail-type"], json!(["AccessRequestSubmitted"]));
    let stream = &function(&wiring, "Relay").streams[0];
    assert_eq!((stream.batch_size, stream.retries, stream.bisects, stream.reports_items), (10, Some(3), true, true));
    assert_eq!(stream.filters[0]["eventName"], json!(["INSERT"]));
    assert_eq!(function(&wiring, "Expire").schedules[0].every, Duration::from_secs(60));
}

#[test]
fn the_table_is_read_whole() {
    let table = read(TEMPLATE).unwrap().table;
    assert_eq!(table.name, "gatepass-local-Table");
    assert_eq!(table.attributes["PK"], KeyType::S);
    assert_eq!(table.key[1], KeyPart { attribute: "SK".into(), role: KeyRole::Range });
    assert_eq!(table.indexes.iter().map(|index| index.name.as_str()).collect::<Vec<_>>(), ["GSI1", "GSI2"]);
    assert_eq!(table.stream_view.as_deref(), Some("NEW_IMAGE"));
    assert_eq!(table.ttl_attribute.as_deref(), Some("ttl"));
}

#[test]
fn what_is_not_in_the_subset_is_refused_with_its_place() {
    for (from, to, place, problem) in [
        ("!Ref Table", "!ImportValue Table", "GATEPASS_TABLE", "`ImportValue`"),
        ("!Ref Table", "!Ref Gone", "GATEPASS_TABLE", "`Gone`"),
        ("!GetAtt Table.StreamArn", "!GetAtt Table.Colour", "Stream", "`Colour`"),
        ("Type: ScheduleV2", "Type: Schedule", "Events.EveryMinute.Type", "`Schedule`"),
        ("rate(1 minute)", "cron(0 12 * * ? *)", "ScheduleExpression", "cron"),
        ("Method: GET", "Method: ANY", "Method", "`ANY`"),
        ("BatchSize: 10", "TumblingWindowInSeconds: 10", "Properties", "TumblingWindowInSeconds"),
        ("Type: AWS::SQS::Queue", "Type: AWS::Events::Rule", "DeadLetters", "AWS::Events::Rule"),
        ("Timeout: 30", "Layers: []", "Resources.Notify.Properties", "Layers"),
        ("Binary: notify", "Program: notify", "Resources.Notify.Metadata", "Binary"),
        ("Name: !Sub ${AWS::StackName}-bus", "Colour: red", "Resources.Bus.Properties.Colour", "does not know"),
        ("StreamViewType: NEW_IMAGE", "StreamViewType: {}", "StreamSpecification.StreamViewType", "string"),
        ("Outputs:", "Hooks:", "Hooks", "section"),
    ] {
        let error = read(&changed(from, to)).unwrap_err();
        assert!(error.place.contains(place) && error.problem.contains(problem), "{to}: {error}");
        assert!(error.line > 1, "{to}: {error}");
    }
}

/// The table of [`TEMPLATE`] in a template that is nested as `Data`: with it, the directory.
fn nested(data: impl Fn(&str) -> String) -> (String, tempfile::TempDir) {
    let (start, end) = (TEMPLATE.find("  Table:").unwrap(), TEMPLATE.find("  Bus:").unwrap());
    let outputs = "Outputs:\n  Name: {Value: !Ref Table}\n  Arn: {Value: !GetAtt Table.Arn}\n  Stream: {Value: !GetAtt \
                   Table.StreamArn}\n  For: {Value: !Sub 'for ${Whom}'}\n";
    let parameters = "Parameters:\n  Whom: {Type: String, Default: nobody}\n";
    let text = format!("{parameters}Resources:\n{}{outputs}", &TEMPLATE[start..end]);
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("data.yaml"), data(&text)).unwrap();
    let stack = "  Data:\n    Type: AWS::CloudFormation::Stack\n    Properties:\n      TemplateURL: data.yaml\n      \
                 Parameters: {Whom: !Ref PortalUrl}\n\n";
    let outer = format!("{}{stack}{}", &TEMPLATE[..start], &TEMPLATE[end..]);
    let outer = outer.replace("!Ref Table", "!GetAtt Data.Outputs.Name");
    let outer = outer.replace("!GetAtt Table.StreamArn", "!GetAtt Data.Outputs.Stream");
    (outer.replace("Table.Arn", "Data.Outputs.Arn"), directory)
}

#[test]
fn what_is_nested_is_read_from_the_file_beside_it() {
    let (text, directory) = nested(str::to_owned);
    let text = text.replacen("GATEPASS_GROUPS_CLAIM: groups", "GATEPASS_GROUPS_CLAIM: !Sub '${Data.Outputs.For}!'", 1);
    let wiring = load(&text, directory.path(), "gatepass-local", &settings()).unwrap();
    assert_eq!(wiring.table.name, "gatepass-local-Table");
    assert_eq!(function(&wiring, "Notify").environment["GATEPASS_TABLE"], "gatepass-local-Table");
    assert_eq!(function(&wiring, "GetApp").environment["GATEPASS_GROUPS_CLAIM"], "for http://127.0.0.1:1!");
    assert_eq!(function(&wiring, "Relay").streams.len(), 1);
}

#[test]
fn what_is_wrong_in_what_is_nested_names_its_file() {
    for (change, words) in [
        (("!Ref Table", "!Ref Gone"), ["data.yaml, line", "`Gone`"]),
        (("AWS::DynamoDB::Table", "AWS::RDS::DBInstance"), ["data.yaml, line", "AWS::RDS::DBInstance"]),
        (("Resources:", "Resources: ["), ["data.yaml, line", "not YAML"]),
        (("  Arn:", "  Nothing:"), ["line", "no output `Arn`"]),
    ] {
        let (text, directory) = nested(|text| text.replacen(change.0, change.1, 1));
        let error = load(&text, directory.path(), "gatepass-local", &settings()).unwrap_err().to_string();
        assert!(words.iter().all(|word| error.contains(word)), "{error}");
    }
    let (text, _) = nested(str::to_owned);
    let error = read(&text).unwrap_err();
    assert!(error.to_string().contains("Resources.Data.Properties.TemplateURL: data.yaml cannot be read"), "{error}");
}

#[test]
fn a_parameter_that_the_stack_sets_must_be_there() {
    let error = read(&changed("  PortalUrl:", "  Portal:")).unwrap_err();
    assert!(error.to_string().contains("PortalUrl"), "{error}");
}

#[test]
fn a_line_is_named() {
    let text = changed("!Ref Table", "!ImportValue Table");
    let line = 1 + text.lines().position(|line| line.contains("!ImportValue")).unwrap();
    assert_eq!(read(&text).unwrap_err().line, line);
}

#[test]
fn conditions_choose() {
    let text = changed(
        "GATEPASS_GROUPS_CLAIM: groups",
        "GATEPASS_GROUPS_CLAIM: !If [OwnPool, 'own', !Sub '${AWS::Region}-${!x}']",
    );
    let wiring = read(&text).unwrap();
    assert_eq!(function(&wiring, "GetApp").environment["GATEPASS_GROUPS_CLAIM"], "us-east-1-${x}");
}

/// The template with `GetApp` made by a loop from `row`.
fn looped(row: &str) -> String {
    let (start, end) = (TEMPLATE.find("  GetApp:").unwrap(), TEMPLATE.find("  Relay:").unwrap());
    let body = TEMPLATE[start..end].replace("  GetApp:", "  ${Endpoint}:").replace('\n', "\n    ");
    let body = body.replace("Path: '/v1/apps/{id}'", "Path: !FindInMap [Endpoints, !Ref Endpoint, Path]");
    let body = body.replace(
        "- Statement:",
        "- Ref: !FindInMap [Endpoints, !Ref Endpoint, Policy, {DefaultValue: AWS::NoValue}]\n            - Statement:",
    );
    let policy = "  Readers:\n    Type: AWS::IAM::ManagedPolicy\n    Properties:\n      PolicyDocument:\n        Statement: \
                  [{Effect: Allow, Action: dynamodb:Query, Resource: !GetAtt Table.Arn}]\n\n";
    let body = format!("  Fn::ForEach::Endpoints:\n    - Endpoint\n    - [GetApp]\n    - {}\n\n{policy}", body.trim());
    let mappings = format!("Mappings:\n  Endpoints:\n    GetApp: {row}\n\n");
    let resources = TEMPLATE.find("Resources:").unwrap();
    format!("{}{mappings}{}{body}{}", &TEMPLATE[..resources], &TEMPLATE[resources..start], &TEMPLATE[end..])
}

#[test]
fn a_function_that_a_loop_makes_is_as_one_that_is_written_out() {
    let (plain, row) = (read(TEMPLATE).unwrap(), read(&looped("{Path: '/v1/apps/{id}'}")).unwrap());
    assert_eq!(plain, row);
}

#[test]
fn a_row_may_name_a_managed_policy_of_the_template() {
    let grants = |row: &str| read(&looped(row)).map(|wiring| function(&wiring, "GetApp").grants.clone());
    let grants_of_readers = grants("{Path: /v1/apps, Policy: Readers}").unwrap();
    let table = "arn:aws:dynamodb:us-east-1:000000000000:table/gatepass-local-Table";
    let query = Grant { actions: vec!["dynamodb:Query".into()], resources: vec![table.into()], leading_keys: None };
    assert_eq!(grants_of_readers.first(), Some(&query));
    let error = grants("{Path: /v1/apps, Policy: Bus}").unwrap_err();
    assert!(error.problem.contains("no policy `gatepass-local-bus`"), "{error}");
}

#[test]
fn a_cell_that_is_missing_is_named() {
    let error = read(&looped("{Method: GET}")).unwrap_err();
    assert!(error.problem.contains("`Endpoints.GetApp.Path`"), "{error}");
    assert!(error.place.starts_with("Resources.GetApp.Properties.Events"), "{error}");
    let line = looped("{Method: GET}").lines().position(|line| line.contains("Endpoint, Path]"));
    assert_eq!(error.line, line.unwrap() + 1);
}

#[test]
fn a_rule_that_is_gone_is_gone() {
    let text = changed("Type: EventBridgeRule", "Type: EventBridgeRule # gone");
    assert_eq!(function(&read(&text).unwrap(), "Notify").rules.len(), 1);
    let start = TEMPLATE.find("        Submitted:").unwrap();
    let end = TEMPLATE.find("  # end of Notify").unwrap();
    let text = format!("{}        {{}}\n{}", &TEMPLATE[..start], &TEMPLATE[end..]);
    assert_eq!(function(&read(&text).unwrap(), "Notify").rules, []);
}
