"""Makes of a packaged SAM template what the emulator can deploy.

The emulator would transform SAM itself, but makes no routes of an HTTP API's OpenAPI body. So both transforms are
done here, AWS::LanguageExtensions first and then SAM by the translator that CloudFormation runs, and the body is written
out: one integration and one route for each path and method, and the authorizers that they name. REST APIs and nested stacks
stay as they are; the emulator deploys them.
"""

import copy
import os
import re
from collections.abc import Iterator

from samtranslator.translator.transform import transform

REGION = "eu-central-1"
# The translator takes the region from the environment alone.
os.environ["AWS_DEFAULT_REGION"] = REGION

LANGUAGE_EXTENSIONS = "AWS::LanguageExtensions"
# How the key of a loop begins; its name follows.
LOOP = "Fn::ForEach::"
# The sections that CloudFormation expands loops in.
SECTIONS = ("Conditions", "Outputs", "Resources")

# The one policy of AWS that SAM attaches to the roles that it makes.
BASIC_EXECUTION = "AWSLambdaBasicExecutionRole"
METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "x-amazon-apigateway-any-method"}

MAIL_ACTION = "ses:SendEmail"
# The emulator takes every SendEmail to be about the resource `*`, whatever identity it names.
MAIL_RESOURCE = "*"


class ManagedPolicies:
    """The ARNs of AWS's policies, without asking AWS."""

    def load(self) -> dict[str, str]:
        """By name."""
        return {BASIC_EXECUTION: f"arn:aws:iam::aws:policy/service-role/{BASIC_EXECUTION}"}


def expand(packaged: dict, parameters: dict[str, str]) -> dict:
    """The template as the emulator deploys it, with nothing of SAM left and every route a resource."""
    template = transform(extended(packaged), dict(parameters), ManagedPolicies())
    resources = template["Resources"]
    for name, api in list(resources.items()):
        if api["Type"] == "AWS::ApiGatewayV2::Api":
            body = api["Properties"].pop("Body")
            api["Properties"] |= {"Name": body["info"]["title"], "ProtocolType": "HTTP"}
            resources |= written_out(name, body)
    widen_mail(resources)
    return template


def extended(template: dict) -> dict:
    """A template as AWS::LanguageExtensions leaves it: loops written out, and what mappings say in its place."""
    mappings = template.get("Mappings", {})
    result = copy.deepcopy(template)
    if isinstance(result.get("Transform"), list):
        result["Transform"] = [one for one in result["Transform"] if one != LANGUAGE_EXTENSIONS]
    return result | {name: unrolled(result[name], {}, mappings) for name in SECTIONS if name in result}


def unrolled(node, bound: dict[str, str], mappings: dict):
    """`node` without loops and look-ups; `bound` says what the identifiers of the loops around it stand for."""
    if isinstance(node, str):
        return substituted(node, bound)
    if isinstance(node, list):
        return [unrolled(one, bound, mappings) for one in node]
    if not isinstance(node, dict):
        return node
    if node.keys() == {"Ref"} and isinstance(node["Ref"], str) and node["Ref"] in bound:
        return bound[node["Ref"]]
    made = {}
    for key, value in node.items():
        if key.startswith(LOOP):
            identifier, items, body = value
            if not isinstance(items, list):
                raise ValueError(f"{key}: a loop over anything but a list is more than expand.py can write out")
            more = [unrolled(body, bound | {identifier: item}, mappings) for item in items]
        else:
            more = [{substituted(key, bound): unrolled(value, bound, mappings)}]
        for one in more:
            if twice := made.keys() & one.keys():
                raise ValueError(f"{key}: {', '.join(sorted(twice))} would be there twice")
            made |= one
    return found(made, mappings) if made.keys() == {"Fn::FindInMap"} else made


def substituted(text: str, bound: dict[str, str]) -> str:
    """`${Identifier}` becomes what it stands for, `&{Identifier}` its letters and digits."""
    for identifier, item in bound.items():
        plain = re.sub("[^a-zA-Z0-9]", "", item)
        text = text.replace(f"${{{identifier}}}", item).replace(f"&{{{identifier}}}", plain)
    return text


def found(call: dict, mappings: dict):
    """What Fn::FindInMap finds; the call itself when only a deployed stack knows its keys."""
    *keys, options = arguments if len(arguments := call["Fn::FindInMap"]) == 4 else [*arguments, {}]
    if not all(isinstance(key, str) for key in keys):
        return call
    name, first, second = keys
    row = mappings.get(name, {}).get(first, {})
    if second in row:
        return row[second]
    if "DefaultValue" not in options:
        raise ValueError(f"there is no {name}.{first}.{second} in Mappings")
    return options["DefaultValue"]


def written_out(api: str, body: dict) -> dict[str, dict]:
    """The authorizers, integrations and routes that the OpenAPI `body` of `api` describes."""
    schemes = body.get("components", {}).get("securitySchemes", {})
    resources = {
        api + name: authorizer(api, name, scheme["x-amazon-apigateway-authorizer"])
        for name, scheme in schemes.items()
    }
    kinds = {name: resource["Properties"]["AuthorizerType"] for name, resource in resources.items()}
    for number, (path, method, operation) in enumerate(operations(body)):
        integration = f"{api}Integration{number}"
        resources[integration] = {
            "Type": "AWS::ApiGatewayV2::Integration",
            "Properties": {"ApiId": {"Ref": api}} | integration_of(operation["x-amazon-apigateway-integration"]),
        }
        resources[f"{api}Route{number}"] = {
            "Type": "AWS::ApiGatewayV2::Route",
            "Properties": {
                "ApiId": {"Ref": api},
                "RouteKey": route_key(method, path),
                "Target": {"Fn::Join": ["/", ["integrations", {"Ref": integration}]]},
            }
            | authorization(api, operation.get("security", []), kinds),
        }
    return resources


def operations(body: dict) -> Iterator[tuple[str, str, dict]]:
    """Path, method and operation; SAM puts an operation that a condition rules out under `Fn::If`."""
    for path, item in body["paths"].items():
        if "Fn::If" in item:
            raise ValueError(f"{path}: an HTTP endpoint under a condition is more than expand.py can write out")
        for method, operation in item.items():
            if method in METHODS:
                yield path, method, operation


def route_key(method: str, path: str) -> str:
    """`GET /v1/apps`; `ANY` stands for every method, and SAM's catch-all is spelled `$default` in both."""
    if path == "/$default":
        return "$default"
    return f"{'ANY' if method.startswith('x-') else method.upper()} {path}"


def integration_of(described: dict) -> dict:
    """The properties of an integration that is spelled as OpenAPI's extension spells them."""
    if described["type"].lower() != "aws_proxy":
        raise ValueError(f"an integration of the type {described['type']} is more than expand.py can write out")
    return {
        "IntegrationType": "AWS_PROXY",
        "IntegrationUri": described["uri"],
        "IntegrationMethod": described["httpMethod"],
        "PayloadFormatVersion": described["payloadFormatVersion"],
    }


def authorizer(api: str, name: str, described: dict) -> dict:
    """An authorizer, whose settings have small initials in OpenAPI and capitals in CloudFormation."""
    match described["type"].lower():
        case "jwt":
            settings = described["jwtConfiguration"]
            properties = {
                "AuthorizerType": "JWT",
                "IdentitySource": [described["identitySource"]],
                "JwtConfiguration": {"Issuer": settings["issuer"], "Audience": settings["audience"]},
            }
        case "request":
            properties = {
                "AuthorizerType": "REQUEST",
                "AuthorizerPayloadFormatVersion": described["authorizerPayloadFormatVersion"],
                "AuthorizerResultTtlInSeconds": described["authorizerResultTtlInSeconds"],
                "AuthorizerUri": described["authorizerUri"],
                "EnableSimpleResponses": described["enableSimpleResponses"],
                "IdentitySource": described["identitySource"],
            }
        case kind:
            raise ValueError(f"{name}: an authorizer of the type {kind} is more than expand.py can write out")
    return {"Type": "AWS::ApiGatewayV2::Authorizer", "Properties": {"ApiId": {"Ref": api}, "Name": name} | properties}


def authorization(api: str, security: list[dict], kinds: dict[str, str]) -> dict:
    """The authorizer of a route; none for an operation that says so or says nothing. `kinds` has the authorizers' types.

    Its scopes are left out: the emulator has no sign-in page, and the tokens of Cognito's API carry its own scope alone.
    `local/tests/it/front.rs` tries an ID token, which carries none.
    """
    names = [name for one in security for name in one if name != "NONE"]
    if not names:
        return {"AuthorizationType": "NONE"}
    kind = "JWT" if kinds[api + names[0]] == "JWT" else "CUSTOM"
    return {"AuthorizationType": kind, "AuthorizerId": {"Ref": api + names[0]}}


def widen_mail(resources: dict[str, dict]):
    """Lets the roles that may send mail do so as the emulator understands it. Nothing else is widened."""
    for statement in statements(resources):
        actions = statement["Action"]
        if actions in (MAIL_ACTION, [MAIL_ACTION]):
            statement["Resource"] = MAIL_RESOURCE


def statements(resources: dict[str, dict]) -> Iterator[dict]:
    """Every statement that is written into a role, or bounds one."""
    for resource in resources.values():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::IAM::Role":
            for policy in properties.get("Policies", []):
                yield from policy["PolicyDocument"]["Statement"]
        elif resource["Type"] == "AWS::IAM::ManagedPolicy":
            yield from properties["PolicyDocument"]["Statement"]


def with_plain_alarms(nested: dict) -> dict:
    """A nested template in which an alarm on an expression of several metrics is one on the first of them."""
    template = copy.deepcopy(nested)
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::CloudWatch::Alarm" and "Metrics" in resource["Properties"]:
            metrics = resource["Properties"].pop("Metrics")
            first = next(one["MetricStat"] for one in metrics if "MetricStat" in one)
            resource["Properties"] |= first["Metric"] | {"Period": first["Period"], "Statistic": first["Stat"]}
    return template
