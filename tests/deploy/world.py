"""The deployed stack: its people, what it has on offer, and the traces that it leaves."""

import json
import re
import secrets

from samtranslator.yaml_helper import yaml_parse

from emulator import REGION, ROOT, Emulator
from expand import expand
from people import Api, Person, until

PASSWORD = "Correct-horse-1-battery"
GROUPS = ("api-owners", "builders", "partners", "tram-deciders")
# An API of a team, as docs/protect-your-api.md shows it.
PROTECTED = ROOT / "infra/examples/protected-api.yaml"


class World:
    """The deployed stack, with the people and the offer that flows begin with."""

    def __init__(self, emulator: Emulator, stack: str, parameters: dict[str, str]):
        self.emulator, self.stack, self.parameters = emulator, stack, parameters
        self.resources = emulator.resources(stack)
        self.api = self._api(self.resources["HttpApi"])
        self.pool, self.client_id = self.resources["Identity.UserPool"], self.resources["Identity.PortalClient"]
        self.cognito = emulator.client("cognito-idp")
        self._let_passwords_sign_in()
        self.owner, self.other_owner = self.person("Owen", "api-owners"), self.person("Olga", "api-owners")
        self._offer()
        self._samples: dict[str, tuple[Api, Api]] = {}
        self._journal = self._listen()

    def _let_passwords_sign_in(self):
        """The portal's client signs in through Cognito's pages, which take a browser. Here its tokens are had
        with a password, which the template does not allow, and should not. The rest of the client stays."""
        groups = self.cognito.list_groups(UserPoolId=self.pool)["Groups"]
        for group in set(GROUPS) - {group["GroupName"] for group in groups}:
            self.cognito.create_group(UserPoolId=self.pool, GroupName=group)
        described = self.cognito.describe_user_pool_client(UserPoolId=self.pool, ClientId=self.client_id)
        client = described["UserPoolClient"]
        known = self.cognito.meta.service_model.operation_model("UpdateUserPoolClient").input_shape.members
        kept = {name: value for name, value in client.items() if name in known and value != ""}
        self.cognito.update_user_pool_client(**kept | {"ExplicitAuthFlows": ["ALLOW_ADMIN_USER_PASSWORD_AUTH"]})

    def person(self, name: str, *groups: str, organisation: str = "") -> Person:
        """A new person of that name in these groups, signed in. No two share an address."""
        email = f"{name.lower()}.{secrets.token_hex(4)}@example.com"
        attributes = {"email": email, "email_verified": "true", "name": name}
        if organisation:
            attributes["custom:organisation"] = organisation
        user = self.cognito.admin_create_user(
            UserPoolId=self.pool,
            Username=email,
            MessageAction="SUPPRESS",
            UserAttributes=[{"Name": key, "Value": value} for key, value in attributes.items()],
        )["User"]
        self.cognito.admin_set_user_password(
            UserPoolId=self.pool, Username=email, Password=PASSWORD, Permanent=True
        )
        for group in groups:
            self.cognito.admin_add_user_to_group(UserPoolId=self.pool, Username=email, GroupName=group)
        tokens = self.cognito.admin_initiate_auth(
            UserPoolId=self.pool,
            ClientId=self.client_id,
            AuthFlow="ADMIN_USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": email, "PASSWORD": PASSWORD},
        )["AuthenticationResult"]
        person_id = next(one["Value"] for one in user["Attributes"] if one["Name"] == "sub")
        return Person(self.api, person_id, email, tokens["AccessToken"])

    def _offer(self):
        """What local/src/demo.rs offers: a deployed stack begins with nothing."""
        products = {"weather": "api_key", "maps": "api_key", "payments": "oauth2", "fleet": "api_key"}
        for name, auth_method in products.items():
            provider = {"kind": "oauth2_dcr", "issuer": "https://id.example.com", "scopes": [f"{name}:write"]}
            gateway = {"kind": "builtin"} if auth_method == "api_key" else provider
            self.product(name, auth_method=auth_method, gateway=gateway)
        self.plan("free", auto_approve=True, rate_limit={"requests": 25, "per_seconds": 1})
        self.plan("gold", rate_limit={"requests": 100, "per_seconds": 1})
        self.catalogue("public-apis", ["weather-api", "maps-api", "payments-api"], {"kind": "everyone"})
        self.catalogue("partner-apis", ["fleet-api"], {"kind": "groups", "groups": ["partners"]})

    def product(self, name: str, **more: object):
        """A published product called `<name>-api`, whose owners are `<name>-team`."""
        fields = {"id": f"{name}-api", "name": f"{name.title()} API", "published": True, "auth_method": "api_key"}
        fields |= {"gateway": {"kind": "builtin"}, "owners": [f"{name}-team@example.com"]}
        self.owner.post("/v1/admin/products", fields | more).expect(201)

    def plan(self, plan_id: str, **more: object):
        """A plan."""
        self.owner.post("/v1/admin/plans", {"id": plan_id, "name": plan_id.title()} | more).expect(201)

    def catalogue(
        self, catalogue_id: str, products: list[str], audience: dict, plans: tuple[str, ...] = ("free", "gold")
    ):
        """A catalogue."""
        fields = {"id": catalogue_id, "name": catalogue_id, "audience": audience}
        fields |= {"product_ids": products, "plan_ids": list(plans)}
        self.owner.post("/v1/admin/catalogues", fields).expect(201)

    def mails(self) -> list[dict]:
        """The mails that reached Amazon SES, oldest first."""
        sent = self.emulator.get("/_ministack/ses/messages")["messages"]
        return [mail for account in sent.values() for mail in account]

    def mails_to(self, address: str, about: str) -> list[dict]:
        """The mails to `address` that mention `about`, oldest first."""
        return [mail for mail in self.mails() if address in mail["To"] and about in mail["BodyText"]]

    def sample(self, product: str, key: str | None) -> int:
        """What API Gateway answers to `key` at an API of `product` that the authorizer protects: the same whether it is an
        HTTP API or a REST API."""
        if product not in self._samples:
            self._samples[product] = self._deploy_sample(product)
        http, rest = self._samples[product]
        if not key:
            # A REST API that keeps no verdicts may ask the authorizer about a call without a key.
            assert rest.call("GET", "/forecast").status in (401, 403)
            return http.call("GET", "/forecast").status

        def ask() -> int | None:
            # Between two calls the time of a key may come to its end.
            statuses = {api.call("GET", "/forecast", headers={"x-api-key": key}).status for api in (http, rest)}
            return statuses.pop() if len(statuses) == 1 else None

        return until(f"both APIs of {product} answer the same", ask)

    def _deploy_sample(self, product: str) -> tuple[Api, Api]:
        """Deploys the example as the team of a product would; gives its HTTP API and its REST API."""
        arn, stack = self.function("Authorizer")["FunctionArn"], f"{product}-sample"
        parameters = {"AuthorizerArn": arn, "ProductId": product}
        template = expand(yaml_parse(PROTECTED.read_text()), parameters)
        self.emulator.create(stack, template, parameters)
        resources = self.emulator.resources(stack)
        rest = f"{self.emulator.address}/_aws/execute-api/{resources['RestApi']}/live"
        return self._api(resources["HttpApi"]), Api(rest)

    def _api(self, api_id: str) -> Api:
        """The default stage of an API, at the address where the emulator has it."""
        return Api(f"{self.emulator.address}/_aws/execute-api/{api_id}/$default")

    def _listen(self) -> str:
        """Adds a rule to the bus, as other programs may, that keeps every event in a queue; gives the queue."""
        queues, bus = self.emulator.client("sqs"), self.emulator.client("events")
        queue = queues.create_queue(QueueName=f"{self.stack}-journal")["QueueUrl"]
        arn = queues.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        rule = {"EventBusName": self.resources["Bus"]}
        bus.put_rule(Name="journal", EventPattern=json.dumps({"source": ["gatepass"]}), **rule)
        bus.put_targets(Rule="journal", Targets=[{"Id": "queue", "Arn": arn}], **rule)
        return queue

    def events(self, event_type: str, about: str) -> list[dict]:
        """The events of a type on the bus so far that mention `about`, each once, however often it was
        published."""
        found = {}
        for message in self.messages(self._journal):
            event = json.loads(message)
            if event["detail-type"] == event_type and about in message:
                found[event["detail"]["metadata"]["id"]] = event
        return list(found.values())

    def messages(self, queue: str) -> list[str]:
        """What lies in a queue; it stays there."""
        accounts = self.emulator.get(f"/_ministack/sqs/messages?QueueUrl={queue}")["messages"].values()
        queues = [found for regions in accounts for region in regions.values() for found in region.values()]
        assert queues, f"there is no queue {queue}"
        return [message["Body"] for found in queues for message in found]

    def function(self, name: str) -> dict:
        """The configuration of a function by its name in the template."""
        client = self.emulator.client("lambda")
        return client.get_function_configuration(FunctionName=self.resources[name])

    def logs(self, group: str, about: str, since: float = 0) -> list[str]:
        """The lines of a log group, by its name in the template, that mention `about`; since a time in seconds."""
        client = self.emulator.client("logs")
        pages = client.get_paginator("filter_log_events").paginate(
            logGroupName=self.resources[group], startTime=int(since * 1000)
        )
        lines = [event["message"] for page in pages for event in page["events"]]
        return [line for line in lines if about in line]

    def records(self, group: str, about: str) -> list[dict]:
        """The same, of the lines that functions wrote in JSON."""
        return [json.loads(line) for line in self.logs(group, about) if line.startswith("{")]

    def run_schedule(self):
        """Runs what the schedule runs each minute, now."""
        client, event = self.emulator.client("lambda"), (ROOT / "events/expire.json").read_bytes()
        answer = client.invoke(FunctionName=self.resources["Expire"], Payload=event)
        assert "FunctionError" not in answer, answer["Payload"].read().decode()

    def never_succeeded(self, document: dict) -> list[str]:
        """The operations of an OpenAPI document that no call so far was answered with a success."""
        missing = []
        for path, item in document["paths"].items():
            pattern = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path))
            for method in item:
                if not any(re.fullmatch(f"{method.upper()} {pattern}", call) for call in self.api.succeeded):
                    missing.append(f"{method.upper()} {path}")
        return missing

    def make_another(self, stack: str, parameters: dict[str, str]):
        """Starts to make a stack of the same template with other parameters."""
        files, bucket = self.emulator.client("s3"), self.resources["Portal.Files"]
        files.upload_file(str(self.emulator.expanded), bucket, "template.json")
        try:
            self.emulator.client("cloudformation").create_stack(
                StackName=stack,
                TemplateURL=f"https://s3.{REGION}.amazonaws.com/{bucket}/template.json",
                Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()],
                Capabilities=["CAPABILITY_IAM"],
            )
        finally:
            files.delete_object(Bucket=bucket, Key="template.json")
