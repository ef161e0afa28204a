"""Tells the capacity that DynamoDB consumed where it was asked to."""

from collections.abc import Callable
from typing import Any

from .missing_parameters import CALL_PLACES
from .patches import Fault, wraps

FAULT = Fault(
    moto="Moto's DynamoDB tells ConsumedCapacity of an update, a query and a scan also where "
    "nobody asked for it.",
    since="5.0.16 or earlier",
    aws="DynamoDB tells it where ReturnConsumedCapacity asks for it.",
    known="Executions recorded on AWS.",
)


@wraps(*(place for place in CALL_PLACES if "dynamodb" in place or "aws_sdk" in place))
def leave_out_capacity(original: Callable[..., None], self: Any, env: Any, **call: Any) -> None:
    """The answer is on the stack."""
    original(self, env, **call)
    asked = "ReturnConsumedCapacity" in call["normalised_parameters"]
    answer = env.stack[-1]
    if self.resource.api_name == "dynamodb" and not asked and isinstance(answer, dict):
        answer.pop("ConsumedCapacity", None)
