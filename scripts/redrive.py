"""Hands dead letters in again: `make redrive ENV=staging`, or with `OPTIONS=--list` only says what they are.

Two queues keep what was given up (docs/runbook.md). A message is deleted once its event was handed to its function
again; if that fails again, Lambda puts it back into the queue. What needs no second try is deleted: batches of the
stream, which the sweeper publishes, and calls of the schedule, which the next minute makes up for.
"""

import argparse
import json
import sys

import boto3

from deploy import settings

# Long enough to hand in what one call received.
OUT_OF_SIGHT_SECONDS = 120


class Letter:
    """A dead letter: the function that it is for (`None` if nobody needs it again), its event, and what went wrong."""

    def __init__(self, message):
        body = json.loads(message["Body"])
        attributes = {name: one["StringValue"] for name, one in message.get("MessageAttributes", {}).items()}
        if "requestContext" in body:
            self.function = body["requestContext"]["functionArn"]
            self.event = body.get("requestPayload")
            answer = body.get("responsePayload") or {}
            self.cause = answer.get("errorMessage") or body["requestContext"].get("condition", "unknown")
        else:
            self.function = attributes.get("TARGET_ARN") if "SCHEDULE_ARN" not in attributes else None
            self.event = body
            self.cause = attributes.get("ERROR_CODE", "unknown")
        if self.event is None or self.event.get("detail-type") in (None, "Scheduled Event"):
            self.function = None
        self.handle = message["ReceiptHandle"]

    def __str__(self):
        event = self.event or {}
        correlation_id = event.get("detail", {}).get("metadata", {}).get("correlation_id", "-")
        return f"{event.get('detail-type', 'no event')}  {correlation_id}  {self.function or 'not needed'}  {self.cause}"


def letters(sqs, queue):
    """All that the queue shows, each letter once."""
    while True:
        answer = sqs.receive_message(
            QueueUrl=queue,
            MaxNumberOfMessages=10,
            MessageAttributeNames=["All"],
            VisibilityTimeout=OUT_OF_SIGHT_SECONDS,
        )
        if not answer.get("Messages"):
            return
        yield from map(Letter, answer["Messages"])


def redrive(sqs, functions, queues, only_list):
    """Hands in what is in the queues; gives how many events that were, and how many needed no second try."""
    handed_in = dropped = 0
    for queue in queues:
        for letter in letters(sqs, queue):
            print(letter)
            if only_list:
                continue
            if letter.function is None:
                dropped += 1
            else:
                payload = json.dumps(letter.event).encode()
                functions.invoke(FunctionName=letter.function, InvocationType="Event", Payload=payload)
                handed_in += 1
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=letter.handle)
    return handed_in, dropped


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("environment", help="a section of samconfig.toml")
    parser.add_argument("--list", action="store_true", help="only say what is in the queues")
    options = parser.parse_args(arguments)
    stack, region = settings(options.environment)
    session = boto3.Session(region_name=region)
    describe = session.client("cloudformation").describe_stack_resource
    queues = [
        describe(StackName=stack, LogicalResourceId=queue)["StackResourceDetail"]["PhysicalResourceId"]
        for queue in ("FailedInvocations", "FailedDeliveries")
    ]
    handed_in, dropped = redrive(session.client("sqs"), session.client("lambda"), queues, options.list)
    print(f"{handed_in} handed in again, {dropped} needed no second try")


if __name__ == "__main__":
    main(sys.argv[1:])
