"""Tests of `expand.py` on a small template."""

import os
import unittest

import yaml

from expand import expand

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Api:
    Type: AWS::Serverless::HttpApi
    Properties:
      Auth:
        DefaultAuthorizer: Token
        Authorizers:
          Token:
            IdentitySource: $request.header.Authorization
            JwtConfiguration: {issuer: 'https://issuer.example', audience: [portal]}
  Data:
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: 'http://127.0.0.1:1/bucket/data.template'}
  Open:
    Type: AWS::Serverless::Function
    Properties: &function
      CodeUri: s3://bucket/key
      Handler: bootstrap
      Runtime: provided.al2023
      Policies:
        - Statement:
            - {Effect: Allow, Action: [ses:SendEmail], Resource: 'arn:aws:ses:r:1:identity/x'}
            - {Effect: Allow, Action: [kms:Encrypt], Resource: 'arn:aws:kms:r:1:key/x'}
      Events:
        Http:
          Type: HttpApi
          Properties: {ApiId: {Ref: Api}, Method: GET, Path: /open, Auth: {Authorizer: NONE}}
  Closed:
    Type: AWS::Serverless::Function
    Properties:
      <<: *function
      Events:
        Http:
          Type: HttpApi
          Properties: {ApiId: {Ref: Api}, Method: POST, Path: '/closed/{id}'}
"""


class Expanding(unittest.TestCase):
    def setUp(self):
        os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
        self.template = yaml.safe_load(TEMPLATE)
        self.resources = expand(self.template)["Resources"]

    def of(self, kind):
        return [resource["Properties"] for resource in self.resources.values() if resource["Type"] == kind]

    def test_each_path_and_method_is_a_route_to_its_function(self):
        routes = {route["RouteKey"]: route for route in self.of("AWS::ApiGatewayV2::Route")}
        self.assertEqual(sorted(routes), ["GET /open", "POST /closed/{id}"])
        target = routes["POST /closed/{id}"]["Target"]["Fn::Sub"]
        integration = self.resources[target.removeprefix("integrations/${").removesuffix("}")]["Properties"]
        self.assertIn("${Closed.Arn}", integration["IntegrationUri"]["Fn::Sub"])
        self.assertEqual(integration["PayloadFormatVersion"], "2.0")

    def test_a_route_has_the_authorizer_unless_it_is_open(self):
        types = {route["RouteKey"]: route.get("AuthorizationType") for route in self.of("AWS::ApiGatewayV2::Route")}
        self.assertEqual(types, {"GET /open": None, "POST /closed/{id}": "JWT"})
        (authorizer,) = self.of("AWS::ApiGatewayV2::Authorizer")
        self.assertEqual(authorizer["JwtConfiguration"], {"Issuer": "https://issuer.example", "Audience": ["portal"]})

    def test_mail_alone_is_allowed_on_anything(self):
        for role in self.of("AWS::IAM::Role"):
            mail, key = role["Policies"][0]["PolicyDocument"]["Statement"]
            self.assertEqual((mail["Resource"], key["Resource"]), ("*", "arn:aws:kms:r:1:key/x"))

    def test_nested_templates_are_where_sam_takes_them_from(self):
        (data,) = self.of("AWS::CloudFormation::Stack")
        self.assertEqual(data["TemplateURL"], "https://s3.amazonaws.com/bucket/data.template")

    def test_what_is_deployed_on_aws_stays_as_it_is(self):
        self.assertEqual(self.template, yaml.safe_load(TEMPLATE))


if __name__ == "__main__":
    unittest.main()
