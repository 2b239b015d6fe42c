"""Changes to the deployed stack that are put back when the block ends."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

from people import until
from world import World


@contextmanager
def without_permission(world: World, function: str, action: str) -> Iterator[None]:
    """Takes one action away from a function's role, which must have it."""
    iam = world.emulator.client("iam")
    role = world.function(function)["Role"].rpartition("/")[2]
    taken = {}
    for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        less = []
        for statement in document["Statement"]:
            actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
            if kept := [one for one in actions if one != action]:
                less.append(statement | {"Action": kept})
        if less != document["Statement"]:
            taken[name] = document
            if less:
                document = document | {"Statement": less}
                iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))
            else:
                iam.delete_role_policy(RoleName=role, PolicyName=name)
    assert taken, f"{action} cannot be taken away from {function}: its role does not grant it"
    try:
        yield
    finally:
        for name, document in taken.items():
            iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))


@contextmanager
def with_variables(world: World, function: str, **changed: str) -> Iterator[None]:
    """Sets variables of a function's environment."""
    client, name = world.emulator.client("lambda"), world.resources[function]
    variables = world.function(function)["Environment"]["Variables"]
    client.update_function_configuration(FunctionName=name, Environment={"Variables": variables | changed})
    try:
        yield
    finally:
        client.update_function_configuration(FunctionName=name, Environment={"Variables": variables})


@contextmanager
def without_rule(world: World, rule: str) -> Iterator[None]:
    """Switches a rule of the bus off. What is published meanwhile never reaches its function."""
    # CloudFormation's id of a rule on a bus of its own is `<bus>|<rule>`.
    name = world.resources[rule].rpartition("|")[2]
    subject = {"Name": name, "EventBusName": world.resources["Bus"]}
    bus = world.emulator.client("events")
    bus.disable_rule(**subject)
    try:
        yield
    finally:
        bus.enable_rule(**subject)


@contextmanager
def relay_held(world: World) -> Iterator[None]:
    """Holds the table's stream back. What is written meanwhile is published afterwards."""
    client = world.emulator.client("lambda")
    (mapping,) = client.list_event_source_mappings(FunctionName=world.resources["Relay"])["EventSourceMappings"]

    def switch(on: bool):
        client.update_event_source_mapping(UUID=mapping["UUID"], Enabled=on)
        state = "Enabled" if on else "Disabled"
        until(f"the stream is {state}", lambda: is_in(state))

    def is_in(state: str) -> bool:
        return client.get_event_source_mapping(UUID=mapping["UUID"])["State"] == state

    switch(False)
    try:
        yield
    finally:
        switch(True)
