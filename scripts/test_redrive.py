"""Tests of `redrive.py` on stand-ins for SQS and Lambda: what is handed in, to whom, and what is only deleted."""

import contextlib
import io
import json
import unittest

import redrive

EVENT = {"detail-type": "AccessRequestApproved", "detail": {"metadata": {"correlation_id": "abc="}}}
PROVISION = "arn:aws:lambda:eu-central-1:123456789012:function:gatepass-Provision-1"


class Queue:
    """SQS with one queue."""

    def __init__(self, *messages):
        self.messages = [{"ReceiptHandle": str(number), **message} for number, message in enumerate(messages)]
        self.shown, self.deleted = 0, []

    def receive_message(self, MaxNumberOfMessages, **_):
        shown = self.messages[self.shown : self.shown + MaxNumberOfMessages]
        self.shown += len(shown)
        return {"Messages": shown} if shown else {}

    def delete_message(self, QueueUrl, ReceiptHandle):
        self.deleted.append(ReceiptHandle)


class Functions:
    """Lambda; `broken` takes nothing."""

    def __init__(self, broken=False):
        self.broken, self.invoked = broken, []

    def invoke(self, FunctionName, InvocationType, Payload):
        if self.broken:
            raise RuntimeError("Lambda is out of order")
        self.invoked.append((FunctionName, InvocationType, json.loads(Payload)))


def given_up(event, **more):
    body = {"requestContext": {"functionArn": PROVISION, "condition": "RetriesExhausted"}, "requestPayload": event, **more}
    return {"Body": json.dumps(body)}


def undeliverable(event, **attributes):
    named = {name: {"StringValue": value} for name, value in attributes.items()}
    return {"Body": json.dumps(event), "MessageAttributes": named}


def run(queue, functions, only_list=False):
    with contextlib.redirect_stdout(io.StringIO()) as said:
        done = redrive.redrive(queue, functions, ["queue"], only_list)
    return done, said.getvalue()


class Redriving(unittest.TestCase):
    def test_events_go_to_their_functions_and_are_deleted(self):
        queue = Queue(
            given_up(EVENT, responsePayload={"errorMessage": "transient: KMS"}),
            undeliverable(EVENT, TARGET_ARN=PROVISION, ERROR_CODE="NO_PERMISSIONS"),
        )
        functions = Functions()
        done, said = run(queue, functions)
        self.assertEqual(done, (2, 0))
        self.assertEqual(functions.invoked, [(PROVISION, "Event", EVENT)] * 2)
        self.assertEqual(queue.deleted, ["0", "1"])
        for part in ("AccessRequestApproved", "abc=", "transient: KMS", "NO_PERMISSIONS"):
            self.assertIn(part, said)

    def test_batches_of_the_stream_and_calls_of_the_schedule_are_only_deleted(self):
        batch = {"Body": json.dumps({"requestContext": {"functionArn": PROVISION}, "DDBStreamBatchInfo": {}})}
        call = given_up({"detail-type": "Scheduled Event"})
        late = undeliverable({}, SCHEDULE_ARN="arn", TARGET_ARN=PROVISION)
        queue, functions = Queue(batch, call, late), Functions()
        self.assertEqual(run(queue, functions)[0], (0, 3))
        self.assertEqual((functions.invoked, len(queue.deleted)), ([], 3))

    def test_what_cannot_be_handed_in_stays(self):
        queue = Queue(given_up(EVENT))
        with self.assertRaises(RuntimeError):
            run(queue, Functions(broken=True))
        self.assertEqual(queue.deleted, [])

    def test_a_list_changes_nothing(self):
        queue, functions = Queue(*[given_up(EVENT)] * 12), Functions()
        done, said = run(queue, functions, only_list=True)
        self.assertEqual((done, functions.invoked, queue.deleted), ((0, 0), [], []))
        self.assertEqual(said.count("AccessRequestApproved"), 12)


if __name__ == "__main__":
    unittest.main()
