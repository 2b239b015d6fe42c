"""What expand.py makes of the template that is deployed, and of what it does not know."""

import json
import pathlib
import re
import unittest

from samcli.lib.cfn_language_extensions.sam_integration import process_template_for_sam_cli
from samtranslator.yaml_helper import yaml_parse

import expand

ROOT = pathlib.Path(__file__).parents[2]
DOCUMENT = json.loads((ROOT / "functions/api/openapi.json").read_text())


def template() -> dict:
    """The template before it is built, with addresses in place of what packaging uploads."""
    template = yaml_parse((ROOT / "infra/template.yaml").read_text())
    resources = template["Resources"]
    bodies = [one for key, loop in resources.items() if key.startswith(expand.LOOP) for one in loop[2].values()]
    for resource in [*(one for key, one in resources.items() if not key.startswith(expand.LOOP)), *bodies]:
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = "s3://bucket/code"
    return template


def of_type(resources: dict, kind: str) -> dict[str, dict]:
    """The properties of all resources of a type."""
    return {name: one["Properties"] for name, one in resources.items() if one["Type"] == kind}


def mounted(function: dict) -> str | None:
    """The route that an endpoint's function is told to mount: the template puts it together of method and path."""
    variables = function.get("Environment", {}).get("Variables", {})
    if "GATEPASS_ROUTE" not in variables:
        return None
    pattern, parts = variables["GATEPASS_ROUTE"]["Fn::Sub"]
    return re.sub(r"\${(\w+)}", lambda name: parts[name[1]], pattern)


class Expanded(unittest.TestCase):
    """The template as it is."""

    @classmethod
    def setUpClass(cls):
        cls.before = template()
        cls.resources = expand.expand(cls.before, {"Architecture": "x86_64"})["Resources"]

    def test_every_operation_of_the_document_is_a_route_and_nothing_else_is(self):
        routes = of_type(self.resources, "AWS::ApiGatewayV2::Route")
        operations = {f"{method.upper()} {path}" for path, item in DOCUMENT["paths"].items() for method in item}
        self.assertEqual({route["RouteKey"] for route in routes.values()}, operations)
        self.assertEqual(len(routes), len(operations))

    def test_a_route_asks_for_a_token_where_the_document_does(self):
        for route in of_type(self.resources, "AWS::ApiGatewayV2::Route").values():
            method, path = route["RouteKey"].split(" ")
            asks = "security" in DOCUMENT["paths"][path][method.lower()]
            self.assertEqual(route["AuthorizationType"], "JWT" if asks else "NONE", route["RouteKey"])
            if asks:
                self.assertIn(route["AuthorizerId"]["Ref"], of_type(self.resources, "AWS::ApiGatewayV2::Authorizer"))

    def test_each_route_leads_to_its_own_function(self):
        integrations = of_type(self.resources, "AWS::ApiGatewayV2::Integration")
        functions = of_type(self.resources, "AWS::Lambda::Function")
        for route in of_type(self.resources, "AWS::ApiGatewayV2::Route").values():
            uri = str(integrations[route["Target"]["Fn::Join"][1][1]["Ref"]]["IntegrationUri"])
            reached = [name for name in functions if f"${{{name}.Arn}}" in uri]
            self.assertEqual(len(reached), 1, uri)
            self.assertEqual(mounted(functions[reached[0]]), route["RouteKey"])

    def test_the_authorizer_has_issuer_and_audience(self):
        (authorizer,) = of_type(self.resources, "AWS::ApiGatewayV2::Authorizer").values()
        self.assertEqual(authorizer["IdentitySource"], ["$request.header.Authorization"])
        described = self.before["Resources"]["HttpApi"]["Properties"]["Auth"]["Authorizers"]["AccessToken"]
        self.assertEqual(authorizer["JwtConfiguration"]["Issuer"], described["JwtConfiguration"]["issuer"])
        self.assertEqual(authorizer["JwtConfiguration"]["Audience"], described["JwtConfiguration"]["audience"])

    def test_the_api_is_throttled_and_logged(self):
        (stage,) = of_type(self.resources, "AWS::ApiGatewayV2::Stage").values()
        self.assertGreater(stage["DefaultRouteSettings"]["ThrottlingRateLimit"], 0)
        self.assertGreater(stage["DefaultRouteSettings"]["ThrottlingBurstLimit"], 0)
        self.assertEqual(stage["AccessLogSettings"]["DestinationArn"], {"Fn::GetAtt": ["AccessLogs", "Arn"]})

    def test_whoever_starts_a_function_may(self):
        permissions = list(of_type(self.resources, "AWS::Lambda::Permission").values())

        def may(function: str, principal: str, source: str) -> bool:
            return any(
                one["FunctionName"] == {"Ref": function}
                and one["Principal"] == principal
                and source in json.dumps(one["SourceArn"])
                for one in permissions
            )

        for rule, described in of_type(self.resources, "AWS::Events::Rule").items():
            for target in described["Targets"]:
                self.assertTrue(may(target["Arn"]["Fn::GetAtt"][0], "events.amazonaws.com", f'"{rule}"'), rule)
        for name, function in of_type(self.resources, "AWS::Lambda::Function").items():
            if route := mounted(function):
                # A parameter of the path may be anything.
                source = re.sub(r"{\w+}", "*", route.replace(" ", ""))
                self.assertTrue(may(name, "apigateway.amazonaws.com", source), route)
        for name, schedule in of_type(self.resources, "AWS::Scheduler::Schedule").items():
            role = self.resources[schedule["Target"]["RoleArn"]["Fn::GetAtt"][0]]
            granted = [(one["Action"], one["Resource"]) for one in expand.statements({name: role})]
            self.assertIn(("lambda:InvokeFunction", schedule["Target"]["Arn"]), granted)

    def test_nothing_of_sam_is_left_and_nested_stacks_stay(self):
        kinds = {resource["Type"] for resource in self.resources.values()}
        self.assertFalse([kind for kind in kinds if kind.startswith("AWS::Serverless::")])
        plain = {name: one for name, one in self.before["Resources"].items() if not name.startswith(expand.LOOP)}
        nested = of_type(plain, "AWS::CloudFormation::Stack")
        self.assertEqual(of_type(self.resources, "AWS::CloudFormation::Stack"), nested)

    def test_only_the_sending_of_mail_is_widened(self):
        wide = [one["Action"] for one in expand.statements(self.resources) if one["Resource"] == "*"]
        self.assertEqual(wide, [["ses:SendEmail"]] * 2, "the role of notify and the boundary of all roles")

    def test_what_was_packaged_is_not_changed(self):
        self.assertEqual(self.before, template())


class Extended(unittest.TestCase):
    """What it makes of AWS::LanguageExtensions."""

    def test_the_template_is_what_sam_cli_makes_of_it(self):
        # Both with `Ref` of a parameter and `Fn::Sub` as they are: SAM CLI fills in the defaults, we do not.
        ours = expand.extended({key: value for key, value in template().items() if key != "Parameters"})
        theirs = process_template_for_sam_cli(ours | {"Resources": template()["Resources"]})["Resources"]
        self.assertEqual(process_template_for_sam_cli(ours)["Resources"], theirs)
        self.assertNotIn("Fn::FindInMap", json.dumps(ours["Resources"]))
        self.assertEqual(ours["Transform"], ["AWS::Serverless-2016-10-31"])

    def test_loops_nest_and_stand_beside_other_members(self):
        inner = {"Fn::ForEach::Inner": ["B", ["1", "2"], {"&{A}${B}": {"Tag": "${A}/${B}", "Of": {"Ref": "A"}}}]}
        resources = {"Plain": {"Type": "T"}, "Fn::ForEach::Outer": ["A", ["x", "y-z"], inner]}
        made = expand.extended({"Resources": resources})["Resources"]
        self.assertEqual(list(made), ["Plain", "x1", "x2", "yz1", "yz2"])
        self.assertEqual(made["yz2"], {"Tag": "y-z/2", "Of": "y-z"})

    def test_a_look_up_takes_its_default_and_waits_for_what_only_a_stack_knows(self):
        here = {"Ref": "AWS::Region"}
        resources = {
            "There": {"Fn::FindInMap": ["M", "a", "b"]},
            "Default": {"Fn::FindInMap": ["M", "a", "c", {"DefaultValue": 256}]},
            "Later": {"Fn::FindInMap": ["M", here, "b"]},
        }
        made = expand.extended({"Mappings": {"M": {"a": {"b": ["x"]}}}, "Resources": resources})["Resources"]
        self.assertEqual(made, {"There": ["x"], "Default": 256, "Later": resources["Later"]})


class Nested(unittest.TestCase):
    """The templates that are nested."""

    def test_an_alarm_on_several_metrics_is_one_on_the_first_and_nothing_else_changes(self):
        before = yaml_parse((ROOT / "infra/observability.yaml").read_text())
        after = expand.with_plain_alarms(before)
        alarms = of_type(before["Resources"], "AWS::CloudWatch::Alarm")
        several = [name for name, alarm in alarms.items() if "Metrics" in alarm]
        self.assertTrue(several)
        for name, alarm in of_type(after["Resources"], "AWS::CloudWatch::Alarm").items():
            self.assertNotIn("Metrics", alarm)
            self.assertTrue(alarm["Namespace"] and alarm["MetricName"] and alarm["Period"] and alarm["Statistic"], name)
        for name, resource in before["Resources"].items():
            if name not in several:
                self.assertEqual(after["Resources"][name], resource)


class Refused(unittest.TestCase):
    """What it would have to make something else of than it says."""

    def test_a_loop_over_what_only_a_stack_knows(self):
        with self.assertRaisesRegex(ValueError, "Fn::ForEach::Some"):
            expand.extended({"Resources": {"Fn::ForEach::Some": ["Name", {"Ref": "Names"}, {"${Name}": {}}]}})

    def test_a_loop_that_makes_a_name_twice(self):
        with self.assertRaisesRegex(ValueError, "Fixed"):
            expand.extended({"Resources": {"Fn::ForEach::Some": ["Name", ["A", "B"], {"Fixed": {}}]}})

    def test_a_look_up_of_nothing(self):
        with self.assertRaisesRegex(ValueError, "M.a.b"):
            expand.extended({"Resources": {"One": {"Fn::FindInMap": ["M", "a", "b"]}}})

    def test_a_condition_on_an_endpoint(self):
        body = {"paths": {"/v1/health": {"Fn::If": ["Some", {}, {}]}}}
        with self.assertRaisesRegex(ValueError, "/v1/health"):
            list(expand.operations(body))

    def test_an_authorizer_of_another_type(self):
        with self.assertRaisesRegex(ValueError, "token"):
            expand.authorizer("HttpApi", "Keys", {"type": "token"})

    def test_an_integration_that_is_not_a_function(self):
        with self.assertRaisesRegex(ValueError, "http_proxy"):
            expand.integration_of({"type": "http_proxy"})


class Protected(unittest.TestCase):
    """The example of an API that is opened to the keys."""

    @classmethod
    def setUpClass(cls):
        before = yaml_parse((ROOT / "infra/examples/protected-api.yaml").read_text())
        parameters = {"AuthorizerArn": "arn:aws:lambda:authorizer", "ProductId": "weather-api"}
        cls.resources = expand.expand(before, parameters)["Resources"]

    def test_no_verdict_is_kept_and_no_call_gets_round_the_authorizer(self):
        (http,) = of_type(self.resources, "AWS::ApiGatewayV2::Authorizer").values()
        self.assertEqual((http["AuthorizerType"], http["AuthorizerResultTtlInSeconds"]), ("REQUEST", 0))
        (route,) = of_type(self.resources, "AWS::ApiGatewayV2::Route").values()
        self.assertEqual(route["AuthorizationType"], "CUSTOM")
        (rest,) = of_type(self.resources, "AWS::ApiGateway::RestApi").values()
        (scheme,) = rest["Body"]["securityDefinitions"].values()
        described = scheme["x-amazon-apigateway-authorizer"]
        self.assertEqual((described["type"], described["authorizerResultTtlInSeconds"]), ("request", 0))
        self.assertEqual(rest["Body"]["paths"]["/forecast"]["get"]["security"], [{"Gatepass": []}])

    def test_both_apis_name_the_product_and_may_call_the_authorizer(self):
        named = {"gatepass_product_id": {"Ref": "ProductId"}}
        (http,) = of_type(self.resources, "AWS::ApiGatewayV2::Stage").values()
        (rest,) = of_type(self.resources, "AWS::ApiGateway::Stage").values()
        self.assertEqual((http["StageVariables"], rest["Variables"]), (named, named))
        permissions = of_type(self.resources, "AWS::Lambda::Permission").keys()
        self.assertLessEqual({f"{api}GatepassAuthorizerPermission" for api in ("HttpApi", "RestApi")}, permissions)


if __name__ == "__main__":
    unittest.main()
