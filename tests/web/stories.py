"""Histories as tests tell them, in the order a Step Functions execution would."""

import json
from typing import Any

from tests.stubs.stepfunctions import Event, StepFunctionsStub, event

TOKEN = "AQCcAAAAKgAAAAMAAAAAAAAAAexample0token0that0is0long0enough0to0look0like0one" * 2
LAMBDA = {"resourceType": "lambda", "resource": "invoke"}
APPROVAL = {
    "Type": "Task",
    "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
    "Parameters": {"QueueUrl": "https://queue", "MessageBody": {"token.$": "$$.Task.Token"}},
    "End": True,
}
WITH_APPROVAL = {"StartAt": "Approve", "States": {"Approve": APPROVAL}}


def started(input: Any = None) -> Event:
    return event("ExecutionStarted", details={"input": json.dumps(input or {})})


def entered(name: str) -> Event:
    return event("TaskStateEntered", details={"name": name, "input": "{}"})


def exited(name: str) -> Event:
    return event("TaskStateExited", details={"name": name, "output": "{}"})


def ran(name: str, *, payload: str = "{}") -> list[Event]:
    """A task state from entering to leaving; five events."""
    return [
        entered(name),
        event("TaskScheduled", details={**LAMBDA, "region": "us-east-1", "parameters": payload}),
        event("TaskStarted", details=LAMBDA),
        event("TaskSucceeded", details={**LAMBDA, "output": payload}),
        exited(name),
    ]


def waiting(
    name: str = "Approve", *, token: str = TOKEN, parameters: str | None = None
) -> list[Event]:
    """A task state that waits for a callback; four events, the second is TaskScheduled."""
    sqs = {"resourceType": "sqs", "resource": "sendMessage.waitForTaskToken"}
    sent = parameters or json.dumps({"QueueUrl": "https://queue", "MessageBody": {"token": token}})
    return [
        entered(name),
        event("TaskScheduled", details={**sqs, "region": "us-east-1", "parameters": sent}),
        event("TaskStarted", details=sqs),
        event("TaskSubmitted", details={**sqs, "output": "{}"}),
    ]


def succeeded(output: Any = None) -> Event:
    return event("ExecutionSucceeded", details={"output": json.dumps(output or {})})


def failed(error: str = "Broken", cause: str = "It broke.") -> Event:
    return event("ExecutionFailed", details={"error": error, "cause": cause})


def running(stub: StepFunctionsStub, name: str = "one", *, machine: str = "order") -> str:
    """An execution that has only started; its ARN."""
    arn = stub.add_execution(machine, name)
    stub.append(arn, started())
    return arn


def ended(stub: StepFunctionsStub, name: str = "one", *, output: Any = None) -> str:
    """An execution of one state that has succeeded; its ARN."""
    arn = running(stub, name)
    stub.append(arn, *ran("Charge"), succeeded(output))
    return arn
