"""Tests of `deploy.py` on a stand-in for AWS: what is uploaded, in which order, and when a stack is deployed twice."""

import contextlib
import io
import json
import pathlib
import tempfile
import unittest
from unittest import mock

import deploy

ADDRESS = "https://d1.cloudfront.net"
OUTPUTS = {
    "IssuerUrl": "https://issuer.example",
    "ClientId": "client",
    "PortalAddress": ADDRESS,
    "PortalBucket": "files",
}


class Aws:
    """CloudFormation and S3 as far as a deployment calls them."""

    def __init__(self, portal_url, outputs):
        self.portal_url, self.outputs, self.objects = portal_url, outputs, []

    def client(self, _service):
        return self

    def describe_stacks(self, StackName):
        outputs = [{"OutputKey": key, "OutputValue": value} for key, value in self.outputs.items()]
        parameters = [{"ParameterKey": "PortalUrl", "ParameterValue": self.portal_url}]
        return {"Stacks": [{"StackName": StackName, "Parameters": parameters, "Outputs": outputs}]}

    def put_object(self, **call):
        self.objects.append(call)


class Deploying(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.portal = pathlib.Path(directory.name)
        (self.portal / "assets").mkdir()
        for name in ["index.html", "mark.svg", "assets/app-C0ffee.js"]:
            (self.portal / name).write_text(name)

    def deploy(self, aws, environment="staging"):
        """Deploys; gives the options of each `sam deploy`."""
        with (
            mock.patch("sys.argv", ["deploy.py", environment]),
            mock.patch.object(deploy, "PORTAL", self.portal),
            mock.patch.object(deploy.boto3, "Session", lambda region_name: aws),
            mock.patch.object(deploy, "sam_deploy") as sam,
            contextlib.redirect_stdout(io.StringIO()),
        ):
            deploy.main()
        return [call.args for call in sam.call_args_list]

    def test_the_first_deployment_tells_the_stack_where_its_portal_is(self):
        runs = self.deploy(Aws("", OUTPUTS))
        self.assertEqual(runs, [("staging",), ("staging", "--parameter-overrides", f"PortalUrl={ADDRESS}")])

    def test_a_later_one_is_one(self):
        self.assertEqual(self.deploy(Aws(ADDRESS, OUTPUTS)), [("staging",)])

    def test_the_pages_come_last_and_are_asked_for_each_time(self):
        aws = Aws(ADDRESS, OUTPUTS)
        self.deploy(aws)
        self.assertEqual([put["Key"] for put in aws.objects], ["config.json", "assets/app-C0ffee.js", "mark.svg", "index.html"])
        kept = {put["Key"]: put["CacheControl"] for put in aws.objects}
        self.assertIn("immutable", kept.pop("assets/app-C0ffee.js"))
        self.assertEqual(set(kept.values()), {"no-cache"})
        self.assertEqual([put["ContentType"] for put in aws.objects][2:], ["image/svg+xml", "text/html"])
        config = json.loads(aws.objects[0]["Body"])
        self.assertEqual(config, {"api": "", "authority": "https://issuer.example", "client_id": "client"})

    def test_a_stack_without_a_portal_gets_none(self):
        aws = Aws("", {"ApiUrl": "https://api.example"})
        self.assertEqual(self.deploy(aws), [("staging",)])
        self.assertEqual(aws.objects, [])

    def test_an_environment_that_is_not_there_is_named_with_those_that_are(self):
        with self.assertRaisesRegex(SystemExit, "no environment 'qa'; it has default, staging, prod"):
            self.deploy(Aws("", OUTPUTS), "qa")


if __name__ == "__main__":
    unittest.main()
