"""Projects of state machines with cases, written to a folder, and the session's engine for them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from handrail.engine.bench import Bench
from handrail.engine.engine import Engine
from handrail.entrypoints.case_engine import CaseEngine
from handrail.usecases.machine_sources.reading import load

FUNCTION = "arn:aws:lambda:${REGION}:${ACCOUNT_ID}:function:"
CHARGE = {
    "StartAt": "Charge",
    "States": {
        "Charge": {
            "Type": "Task",
            "Resource": f"{FUNCTION}nobody",
            "Retry": [{"ErrorEquals": ["Busy"], "IntervalSeconds": 3600, "MaxAttempts": 1}],
            "Catch": [{"ErrorEquals": ["Declined"], "Next": "Refused"}],
            "Next": "Later",
        },
        "Later": {"Type": "Wait", "Seconds": 86_400, "End": True},
        "Refused": {"Type": "Fail", "Error": "Refused", "Cause": "no money"},
    },
}
BROKEN = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}}}
PAID = {"Charge": {"return": {"paid": True}}}
DECLINED = {"Charge": {"raise": {"error": "Declined"}}}
MOCKS = {
    "StateMachines": {
        "charge": {"TestCases": {"Paid": {"Charge": "Paid"}, "Busy": {"Charge": "BusyOnce"}}}
    },
    "MockedResponses": {
        "Paid": {"0": {"Return": {"paid": True}}},
        "BusyOnce": {
            "0": {"Throw": {"Error": "Busy", "Cause": "later"}},
            "1": {"Return": {"paid": "late"}},
        },
    },
}


def write_machine(folder: Path, definition: Any = CHARGE, **machine: Any) -> Path:
    folder.mkdir(parents=True)
    (folder / "definition.asl.json").write_text(json.dumps(definition))
    (folder / "machine.json").write_text(json.dumps({"name": folder.name, **machine}))
    return folder


def write_case(folder: Path, name: str, **case: Any) -> Path:
    path = folder / "cases" / f"{name}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"expect": {}, **case}))
    return path


@contextmanager
def on_the_session_s(engine: Engine, place: Path, environment: str) -> Iterator[CaseEngine]:
    """What stands at the place, deployed to an engine that runs already; what wasn't there before
    is gone afterwards."""
    call = engine.assembly.in_process.call
    account = engine.assembly.account
    before = {each.arn for each in account.backend.state_machines} | account.activities.keys()
    cases = CaseEngine(Bench(engine.assembly), engine, environment)
    cases.deploy(load(place))
    try:
        yield cases
    finally:
        for arn in account.activities.keys() - before:
            call("DeleteActivity", {"activityArn": arn})
        for machine in (each for each in cases.machines if each.arn not in before):
            call("DeleteStateMachine", {"stateMachineArn": machine.arn})
