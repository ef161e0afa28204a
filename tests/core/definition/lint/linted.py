"""Findings by their codes, and parts of the definitions that they are about."""

from handrail.core.definition.lint import lint
from handrail.core.definition.lint.findings import Finding
from handrail.core.models import Json, MachineType
from tests.core.definitions import SQS_WAIT, machine, task

ACTIVITY = "arn:aws:states:eu-west-1:123456789012:activity:sign"
TOKEN: Json = {"QueueUrl": "q", "MessageBody": {"t.$": "$$.Task.Token"}}
ASK = task(Resource=SQS_WAIT, Parameters=TOKEN)
DONE = {"Type": "Succeed"}
ALL = ["States.ALL"]
INNER = {"StartAt": "B", "States": {"B": DONE}}


def found(
    states: dict[str, Json], machine_type: MachineType = MachineType.STANDARD, **top: Json
) -> dict[str, Finding]:
    """By code; tests look at the code they are about."""
    return {finding.code: finding for finding in lint(machine(states, **top), machine_type)}
