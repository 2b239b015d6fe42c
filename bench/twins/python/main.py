"""The handler that TWIN_HANDLER names, in a loop around Lambda's Runtime API."""

import http.client
import importlib
import json
import os

handle = importlib.import_module(os.environ["TWIN_HANDLER"]).handle
runtime = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])


def call(method, path, body=None):
    runtime.request(method, f"/2018-06-01/runtime/{path}", body)
    response = runtime.getresponse()
    return response.headers, response.read()


while True:
    headers, event = call("GET", "invocation/next")
    invocation = f"invocation/{headers['Lambda-Runtime-Aws-Request-Id']}"
    try:
        call("POST", f"{invocation}/response", json.dumps(handle(json.loads(event))).encode())
    except Exception as error:  # Whatever it is, Lambda is told.
        problem = {"errorType": type(error).__name__, "errorMessage": str(error)}
        call("POST", f"{invocation}/error", json.dumps(problem).encode())
