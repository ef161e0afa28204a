"""Takes a Succeed that says again that it is an end."""

from collections.abc import Callable
from typing import Any

from moto.stepfunctions.parser.asl.component.common.flow.end import End
from moto.stepfunctions.parser.asl.component.common.flow.next import Next

from .patches import Fault, wraps

FAULT = Fault(
    moto="Moto refuses a definition with a Succeed that has `End` or `Next`, and takes a Fail that "
    "has them.",
    since="5.0.16 or earlier",
    aws="Neither type has them. Whether Step Functions refuses them isn't known: lint warns of "
    "both, and the engine lets both pass and ends there.",
    known="Published state machines that have `End` in a Succeed.",
)


@wraps("component.state.state_succeed.state_succeed:StateSucceed.from_state_props")
def end_anyway(original: Callable[[Any, Any], None], self: Any, state_props: Any) -> None:
    """moto raises."""
    for flow in (End, Next):
        state_props._instance_by_type.pop(flow, None)
    original(self, state_props)
