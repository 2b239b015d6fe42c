"""Turns a packaged SAM template into one that the local emulator can deploy.

ministack runs the functions, rules, streams and roles of a template as they are, but of an HTTP API it takes no
OpenAPI body, which is what SAM makes of the routes. So the body becomes one route and one integration for each path
and method, and the JWT authorizer a resource. What comes out is deployed there and nowhere else.
"""

import copy
import urllib.parse

from samtranslator.translator.transform import transform

# ministack decides on SendEmail of SES version 2 as if it had no resource; AWS does so on the identity.
ON_ANYTHING = "ses:SendEmail"


class NoManagedPolicies:
    """SAM looks policies of AWS up by name; the template names none."""

    def load(self):
        return {}


def expand(template):
    """The template in CloudFormation's own words, its HTTP API as routes; `template` itself stays as it is."""
    expanded = transform(copy.deepcopy(template), {}, NoManagedPolicies())
    resources = expanded["Resources"]
    for name, resource in list(resources.items()):
        if resource["Type"] == "AWS::ApiGatewayV2::Api":
            body = resource["Properties"].pop("Body")
            resource["Properties"] = {"Name": name, "ProtocolType": "HTTP"}
            resources.update(routed(name, body))
        elif resource["Type"] == "AWS::CloudFormation::Stack":
            # SAM wrote the emulator's address there, which it does not take for one of S3 when it deploys.
            resource["Properties"]["TemplateURL"] = on_s3(resource["Properties"]["TemplateURL"])
        elif resource["Type"] == "AWS::IAM::Role":
            for policy in resource["Properties"].get("Policies", []):
                widen(policy["PolicyDocument"])
        elif resource["Type"] == "AWS::IAM::ManagedPolicy":
            widen(resource["Properties"]["PolicyDocument"])
    return expanded


def routed(api, body):
    """The resources that the OpenAPI `body` of the HTTP API `api` stands for."""
    resources = {}
    for name, scheme in body.get("components", {}).get("securitySchemes", {}).items():
        jwt = scheme["x-amazon-apigateway-authorizer"]
        resources[f"{api}{name}"] = {
            "Type": "AWS::ApiGatewayV2::Authorizer",
            "Properties": {
                "ApiId": {"Ref": api},
                "AuthorizerType": "JWT",
                "Name": name,
                "IdentitySource": [jwt["identitySource"]],
                "JwtConfiguration": {
                    "Issuer": jwt["jwtConfiguration"]["issuer"],
                    "Audience": jwt["jwtConfiguration"]["audience"],
                },
            },
        }
    operations = (
        (path, method, operation) for path, item in body["paths"].items() for method, operation in item.items()
    )
    for number, (path, method, operation) in enumerate(operations):
        integration = operation["x-amazon-apigateway-integration"]
        resources[f"{api}Integration{number}"] = {
            "Type": "AWS::ApiGatewayV2::Integration",
            "Properties": {
                "ApiId": {"Ref": api},
                "IntegrationType": "AWS_PROXY",
                "IntegrationUri": integration["uri"],
                "PayloadFormatVersion": integration["payloadFormatVersion"],
            },
        }
        route = {
            "ApiId": {"Ref": api},
            "RouteKey": f"{method.upper()} {path}",
            "Target": {"Fn::Sub": f"integrations/${{{api}Integration{number}}}"},
        }
        # An operation without a scheme is open to all; SAM writes `NONE` for that.
        schemes = [name for security in operation.get("security", []) for name in security if name != "NONE"]
        if schemes:
            route |= {"AuthorizationType": "JWT", "AuthorizerId": {"Ref": f"{api}{schemes[0]}"}}
        resources[f"{api}Route{number}"] = {"Type": "AWS::ApiGatewayV2::Route", "Properties": route}
    return resources


def on_s3(url):
    """The address at AWS of what is at `url` in the emulator."""
    return "https://s3.amazonaws.com" + urllib.parse.urlparse(url).path


def widen(document):
    """Grants `ON_ANYTHING` on anything, and nothing else."""
    for statement in document["Statement"]:
        if statement["Action"] == [ON_ANYTHING]:
            statement["Resource"] = "*"
