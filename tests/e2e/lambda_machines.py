"""State machines whose pace a test sets: they wait for a callback where a change is looked at."""

from typing import Any

from tests.engine.engine_fixture import Definition

QUEUE_URL = "https://sqs.us-east-1.amazonaws.com/123456789012/order-approvals-test"


def asking(next: str | None) -> dict[str, Any]:
    """A state that waits for its callback."""
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": {"QueueUrl": QUEUE_URL, "MessageBody": {"token.$": "$$.Task.Token"}},
    }
    return {**state, **({"Next": next} if next else {"End": True})}


STORY: Definition = {
    "StartAt": "Receive",
    "States": {
        "Receive": {"Type": "Pass", "Next": "First"},
        "First": asking("Between"),
        "Between": {"Type": "Pass", "Next": "Second"},
        "Second": asking("Done"),
        "Done": {"Type": "Pass", "End": True},
    },
}


def rejected(count: int) -> Definition:
    """`count` callbacks, `Ask0` to start with, whose failures are caught, and one more, `Ask`."""
    states: dict[str, Any] = {"Ask": asking(None)}
    for number in range(count):
        following = f"Ask{number + 1}" if number + 1 < count else "Ask"
        caught = {"ErrorEquals": ["States.ALL"], "ResultPath": None, "Next": following}
        states[f"Ask{number}"] = {**asking(following), "Catch": [caught]}
    return {"StartAt": "Ask0", "States": states}
