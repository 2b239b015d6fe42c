"""Gatepass, deployed in the emulator: how it gets there, who its people are, and how they call it."""

import json
import os
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field

from emulator import Emulator
from expand import expand

STACK = "gatepass"
SENDER = "no-reply@example.com"
PASSWORD = "correct-Horse-9-battery"
# How long the machine may take for what is done by events.
WITHIN_SECONDS = 60
# Name, groups. Their mail addresses are `<name>@example.com`.
PEOPLE = {
    "ada": ["builders"],
    "grace": ["partners"],
    "owen": ["api-owners"],
    "olga": ["api-owners"],
    "eve": ["api-owner", "owners"],
}


def until(what, look, within=WITHIN_SECONDS):
    """Looks until there is something to see, and gives it."""
    began = time.monotonic()
    while time.monotonic() - began < within:
        if seen := look():
            return seen
        time.sleep(0.1)
    raise AssertionError(f"waited {within} s in vain: {what}")


@dataclass
class Answer:
    """What an endpoint said."""

    call: str
    status: int
    headers: dict
    body: object

    def expect(self, status):
        """The body, of an answer with this status."""
        assert self.status == status, f"{self.call} answered {self.status}, not {status}: {self.body}"
        return self.body

    def problem(self, status, slug):
        """The body, of a problem of this kind."""
        body = self.expect(status)
        assert body["type"] == f"/problems/{slug}", f"{self.call} is the problem {body['type']}, not {slug}"
        return body


@dataclass
class Person:
    """Somebody signed in; without a token, nobody."""

    base: str
    name: str | None = None
    id: str | None = None
    token: str | None = field(default=None, repr=False)

    def call(self, method, path, body=None, **headers):
        """Calls an endpoint; underscores in the names of headers stand for hyphens."""
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        data = None
        if body is not None:
            data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
            headers.setdefault("content-type", "application/json")
        if self.token:
            headers.setdefault("authorization", f"Bearer {self.token}")
        request = urllib.request.Request(self.base + path, data=data, headers=headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return self.answer(f"{method} {path}", response)
        except urllib.error.HTTPError as error:
            return self.answer(f"{method} {path}", error)

    @staticmethod
    def answer(call, response):
        text = response.read().decode()
        try:
            body = json.loads(text) if text else None
        except ValueError:
            body = text
        return Answer(call, response.status, {name.lower(): value for name, value in response.headers.items()}, body)

    def get(self, path):
        return self.call("GET", path)

    def post(self, path, body=None, **headers):
        return self.call("POST", path, {} if body is None else body, **headers)

    def put(self, path, body, **headers):
        return self.call("PUT", path, body, **headers)

    def delete(self, path):
        return self.call("DELETE", path)

    def ask(self, catalogue, products, plan, app, **headers):
        """Asks for access with a new app."""
        body = {
            "catalogue_id": catalogue, "product_ids": products, "plan_id": plan,
            "new_app": {"name": app} if isinstance(app, str) else None,
        }
        return self.post("/v1/access-requests", {name: value for name, value in body.items() if value}, **headers)

    def submit(self, catalogue, products, plan, app):
        """Asks for access with a new app; gives the request."""
        return self.ask(catalogue, products, plan, app).expect(201)

    def request(self, request_id):
        return self.get(f"/v1/access-requests/{request_id}").expect(200)

    def until_provisioning(self, request_id, status):
        """The request, once its provisioning has come to `status`."""
        look = lambda: (found := self.request(request_id))["provisioning"]["status"] == status and found
        return until(f"provisioning of {request_id} is {status}", look)

    def until_mail(self, request_id, template):
        """The request, once the mail about it is sent."""
        def look():
            found = self.request(request_id)
            sent = [mail for mail in found["mails"] if mail["template"] == template and mail["status"] == "sent"]
            return found if sent else None
        return until(f"the mail {template} about {request_id} is sent", look)

    def reveal(self, request):
        """The key that the request led to."""
        path = f"/v1/apps/{request['app']['id']}/credentials/{request['credential_id']}/reveal"
        return self.post(path).expect(200)["key"]

    def edit(self, path, **changes):
        """Changes a plan, product or catalogue; gives what it was before."""
        before = self.get(path).expect(200)
        content = {name: value for name, value in before.items() if name not in ("version", "created_at", "updated_at")}
        self.put(path, content | changes, if_match=f'"{before["version"]}"').expect(200)
        return {name: before[name] for name in changes}


class Installation:
    """The stack as it is deployed, and the emulator that it is in."""

    def __init__(self, emulator: Emulator, sam, architecture):
        self.emulator, self.sam, self.architecture = emulator, sam, architecture
        self.template, self.outputs, self.people = emulator.path("expanded.json"), {}, {}

    def package(self, built):
        """Uploads what `sam build` made, and expands its template; gives how many resources that has."""
        packaged = self.emulator.path("packaged.json")
        self.run("package", "--template-file", built, "--resolve-s3", "--use-json", "--output-template-file", packaged)
        expanded = expand(json.loads(packaged.read_text()))
        self.template.write_text(json.dumps(expanded))
        return len(expanded["Resources"])

    def deploy(self, **parameters):
        """Deploys what is packaged; over what is there already, too."""
        parameters |= {
            "Architecture": self.architecture, "MailSender": SENDER, "MailIdentity": "example.com",
            "CreateMailIdentity": "true",
        }
        self.run(
            "deploy", "--template-file", self.template, "--stack-name", STACK, "--resolve-s3", "--no-confirm-changeset",
            "--capabilities", "CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND",
            "--parameter-overrides", *(f"{name}={value}" for name, value in parameters.items()),
        )
        stacks = self.emulator.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
        self.outputs = {output["OutputKey"]: output["OutputValue"] for output in stacks[0]["Outputs"]}
        api = self.outputs["ApiUrl"].split("//")[1].split(".")[0]
        self.base = f"{self.emulator.url}/_aws/execute-api/{api}/$default"
        self.nobody = Person(self.base)

    def run(self, *command):
        """Runs the SAM CLI."""
        environment = os.environ | self.emulator.credentials | {"SAM_CLI_TELEMETRY": "0"}
        # Away from the repository: its samconfig.toml is for AWS.
        done = subprocess.run(
            [self.sam, *map(str, command)], env=environment, cwd=self.emulator.scratch.name, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )
        if done.returncode != 0:
            raise RuntimeError(f"sam {command[0]} failed:\n{done.stdout[-4000:]}")

    def sign_in(self):
        """Makes the people in the user pool, and signs them in there."""
        cognito = self.emulator.client("cognito-idp")
        pool, client = self.outputs["UserPoolId"], self.outputs["ClientId"]
        # Browsers sign in at Cognito's pages; a test, with a password. The client of the template allows no such thing.
        described = cognito.describe_user_pool_client(UserPoolId=pool, ClientId=client)["UserPoolClient"]
        kept = ("WriteAttributes", "ReadAttributes", "CallbackURLs", "AllowedOAuthFlows", "AllowedOAuthScopes")
        settings = {name: described[name] for name in kept if name in described}
        flows = ["ALLOW_ADMIN_USER_PASSWORD_AUTH"]
        cognito.update_user_pool_client(UserPoolId=pool, ClientId=client, ExplicitAuthFlows=flows, **settings)
        for group in {group for groups in PEOPLE.values() for group in groups} - {"api-owners"}:
            cognito.create_group(UserPoolId=pool, GroupName=group)
        for name, groups in PEOPLE.items():
            address = f"{name}@example.com"
            attributes = {"email": address, "email_verified": "true", "name": name.title()}
            created = cognito.admin_create_user(
                UserPoolId=pool, Username=address, MessageAction="SUPPRESS",
                UserAttributes=[{"Name": key, "Value": value} for key, value in attributes.items()],
            )
            cognito.admin_set_user_password(UserPoolId=pool, Username=address, Password=PASSWORD, Permanent=True)
            for group in groups:
                cognito.admin_add_user_to_group(UserPoolId=pool, Username=address, GroupName=group)
            tokens = cognito.admin_initiate_auth(
                UserPoolId=pool, ClientId=client, AuthFlow="ADMIN_USER_PASSWORD_AUTH",
                AuthParameters={"USERNAME": address, "PASSWORD": PASSWORD},
            )
            attributes = {one["Name"]: one["Value"] for one in created["User"]["Attributes"]}
            token = tokens["AuthenticationResult"]["AccessToken"]
            self.people[name] = Person(self.base, name, attributes["sub"], token)

    def __getattr__(self, name):
        """`installation.ada` is Ada."""
        try:
            return self.__dict__["people"][name]
        except KeyError:
            raise AttributeError(name) from None

    def mails(self, to):
        """The subjects of the mails that were sent to an address, oldest first."""
        with urllib.request.urlopen(f"{self.emulator.url}/_ministack/ses/messages", timeout=30) as response:
            accounts = json.load(response)["messages"].values()
        messages = [message for account in accounts for message in account]
        return [message["Subject"] for message in messages if to in message["To"]]

    def logged(self, area, word):
        """The lines that functions logged to the log group of an area (`Http`, `Event`) and that hold a word."""
        group = f"/aws/cloudformation/{STACK}/{area}Logs"
        pages = self.emulator.client("logs").get_paginator("filter_log_events").paginate(logGroupName=group)
        lines = [event["message"] for page in pages for event in page["events"] if word in event["message"]]
        return [json.loads(line) for line in lines if line.startswith("{")]

    def at_gateway(self, product, key):
        """The status that a protected API answers a key with, by its authorizer."""
        event = {
            "version": "2.0", "type": "REQUEST", "routeKey": "GET /", "rawPath": "/", "rawQueryString": "",
            "routeArn": "arn:aws:execute-api:eu-central-1:000000000000:api/$default/GET/",
            "identitySource": [key], "headers": {"x-api-key": key}, "stageVariables": {"gatepass_product_id": product},
            "requestContext": {
                "accountId": "000000000000", "apiId": "api", "domainName": "x", "domainPrefix": "x", "requestId": "r",
                "routeKey": "GET /", "stage": "$default", "time": "x", "timeEpoch": 0,
                "http": {"method": "GET", "path": "/", "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "x"},
            },
        }
        lambdas = self.emulator.client("lambda")
        answer = lambdas.invoke(FunctionName=self.outputs["AuthorizerArn"], Payload=json.dumps(event))
        said = json.loads(answer["Payload"].read())
        assert "FunctionError" not in answer, f"the authorizer failed: {said}"
        return 200 if said["isAuthorized"] else 403
