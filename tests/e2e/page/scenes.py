"""Every view of the page with something to see in it: state machines, and executions of theirs that
wait, run, fail, have ended, hold markup wherever text may stand."""

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp

from tests.e2e.processes import ROOT, Process

from .odd_machines import MARKUP, STATE, write_odd_machines

LINKS = {"HANDRAIL_LINK_KEYS": f"k1:{'0123456789abcdef' * 2}"}
FUNCTION = "arn:aws:lambda:${REGION}:${ACCOUNT_ID}:function:"
Definition = dict[str, Any]

VIEWS = {
    "overview": "#/",
    "machine-executions": "#/machines/order-fulfilment",
    "machine-graph": "#/machines/order-fulfilment/graph?state=ChargeCard",
    "machine-start": "#/machines/order-fulfilment/start",
    "machine-definition": "#/machines/order-fulfilment/definition?state=ChargeCard",
    "machine-findings": "#/machines/imports/findings",
    "execution-waiting": "#/executions/{waiting}",
    "execution-failed": "#/executions/{failed}",
    "execution-running": "#/executions/{running}",
    "execution-map": "#/executions/{running}/EachRow?tab=items",
    "execution-events": "#/executions/{failed}?tab=events",
    "execution-related": "#/executions/{parent}/Import?tab=children",
    "execution-300-states": "#/executions/{many}",
    "odd-start": "#/machines/odd/start",
    "odd-definition": "#/machines/odd/definition",
    "odd-execution": "#/executions/{odd}",
    "odd-state": "#/executions/{odd}/{state}",
    "odd-events": "#/executions/{odd}?tab=events",
    "nowhere": "#/nowhere",
    "docs": "docs",
    "answer": "{link}",
    "answer-given": "{answered}",
}
"""Addresses; what stands in braces is started first."""


@dataclass(frozen=True, slots=True)
class Scenes:
    """Where it is served, and the address of each view."""

    url: str
    views: Mapping[str, str]


@contextmanager
def served_scenes(folder: Path) -> Iterator[Process]:
    """`handrail dev` with the state machines of the project and those of the scenes."""
    machines = folder / "machines"
    mocks = write_odd_machines(machines)
    for shipped in (ROOT / "state_machines").iterdir():
        shutil.copytree(shipped, machines / shipped.name)
    for name, definition in {"imports": IMPORTS, "many": many(), "parent": PARENT}.items():
        _write(machines / name, name, definition)
    (machines / "imports" / "handlers.py").write_text(HANDLERS, encoding="utf-8")
    _write(machines / "markup", "markup", FAILING)
    arguments = ["dev", str(machines), "--port", "0", "--mocks", str(mocks)]
    with Process(arguments, {"HANDLER_PACE": "0", **LINKS}) as process:
        yield process


async def play(url: str) -> Scenes:
    """Starts what is to be seen."""
    async with aiohttp.ClientSession(url) as http:

        async def post(path: str, body: object) -> Any:
            async with http.post(path, json=body) as answer:
                assert answer.status < 300, await answer.text()
                return await answer.json()

        async def start(machine: str, name: str, input: object) -> Any:
            wait = 0 if name == "running" else 20
            path = f"/v1/state-machines/{machine}/executions?wait={wait}"
            return await post(path, {"name": name, "input": input})

        async def link(name: str) -> str:
            started = await start("order-fulfilment", name, order(name))
            [task] = started["tasks"]
            path = f"/v1/executions/{started['execution']}/tasks/{task['event_id']}/links"
            made = await post(path, {"for": "ada@example.com"})
            return str(made["url"])

        for number, card in enumerate(("tok_visa", "tok_declined", "tok_visa")):
            ended = order(f"A-10{number}", amount=120.5, card=card)
            await start("order-fulfilment", f"order-10{number}", ended)
        answered = await link("order-1000")
        async with http.post(answered, data={"choice": "approve"}) as answer:
            assert answer.status < 500
        made = {
            "waiting": "order-fulfilment:order-1001",
            "failed": await _id(start("imports", "failed", {"rows": [3, 2, "x", 1]})),
            "running": await _id(start("imports", "running", {"rows": [*range(7), *[3600] * 5]})),
            "parent": await _id(start("parent", "parent", {"rows": [1, 2]})),
            "many": await _id(start("many", "many", {})),
            "odd": await _id(start("markup", "odd", {MARKUP: [MARKUP, {"n": 10**20}]})),
            "state": quote(STATE, safe=""),
            "link": await link("order-1001"),
            "answered": answered,
        }
    return Scenes(url, {name: _address(url, view.format(**made)) for name, view in VIEWS.items()})


async def _id(started: Any) -> str:
    return str((await started)["execution"])


def _address(url: str, view: str) -> str:
    return view if view.startswith("http") else f"{url}/{view}"


def order(id: str, *, amount: float = 4200, card: str = "tok_visa") -> dict[str, Any]:
    """From 1,000 on somebody has to approve it."""
    parcels = [{"id": f"{id}-{number}", "weight_kg": number} for number in (1, 2, 3)]
    asked = {"order_id": id, "amount": amount, "card": card, "parcels": parcels}
    return {"customer": MARKUP if amount > 1_000 else "Ada Lovelace", **asked}


HANDLERS = '''
"""Reads rows; one that is no number can't be read."""


class UnreadableRow(Exception):
    """Not worth a retry."""


def read(row, _context):
    if not isinstance(row["value"], int):
        raise UnreadableRow(f"Row {row['number']} holds {row['value']!r}, which is no number.")
    return row
'''
IMPORTS: Definition = {
    "Comment": "Reads rows, each by itself.",
    "StartAt": "Check",
    "States": {
        "Check": {"Type": "Pass", "Comment": "As they came.", "Next": "EachRow"},
        "EachRow": {
            "Type": "Map",
            "ItemsPath": "$.rows",
            "ItemSelector": {"number.$": "$$.Map.Item.Index", "value.$": "$$.Map.Item.Value"},
            "ItemProcessor": {
                "StartAt": "Read",
                "States": {
                    "Read": {
                        "Type": "Task",
                        "Resource": f"{FUNCTION}read-row",
                        "Retry": [
                            {
                                "ErrorEquals": ["States.ALL"],
                                "IntervalSeconds": 1,
                                "MaxAttempts": 1,
                                "BackoffRate": 1,
                            }
                        ],
                        "Next": "Late?",
                    },
                    "Late?": {
                        "Type": "Choice",
                        "Choices": [
                            {
                                "Variable": "$.value",
                                "NumericGreaterThan": 60,
                                "Next": "Later",
                            }
                        ],
                        "Default": "Store",
                    },
                    "Later": {"Type": "Wait", "SecondsPath": "$.value", "Next": "Store"},
                    "Store": {"Type": "Pass", "End": True},
                },
            },
            "Next": "Done",
        },
        "Done": {"Type": "Succeed"},
    },
}
PARENT: Definition = {
    "StartAt": "Import",
    "States": {
        "Import": {
            "Type": "Task",
            "Resource": "arn:aws:states:::states:startExecution.sync:2",
            "Parameters": {
                "StateMachineArn": ("arn:aws:states:${REGION}:${ACCOUNT_ID}:stateMachine:imports"),
                "Input": {
                    "rows.$": "$.rows",
                    "AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID.$": "$$.Execution.Id",
                },
            },
            "End": True,
        }
    },
}
FAILING: Definition = {
    "Comment": MARKUP,
    "StartAt": STATE,
    "States": {
        STATE: {"Type": "Pass", "Comment": MARKUP, "Next": MARKUP[:40]},
        MARKUP[:40]: {"Type": "Fail", "Error": MARKUP, "Cause": f"{MARKUP}\n  at {MARKUP}"},
    },
}


def many() -> Definition:
    """Three hundred states: each third chooses between the next two."""
    states: Definition = {"S299": {"Type": "Succeed"}}
    for at in range(0, 299, 3):
        asked = {"Variable": "$.left", "IsPresent": True, "Next": f"S{at + 1}"}
        onward = f"S{min(at + 3, 299)}"
        states[f"S{at}"] = {"Type": "Choice", "Choices": [asked], "Default": f"S{at + 2}"}
        states[f"S{at + 1}"] = {"Type": "Pass", "Next": onward}
        states.setdefault(f"S{at + 2}", {"Type": "Pass", "Next": onward})
    return {"StartAt": "S0", "States": states}


def _write(folder: Path, name: str, definition: Definition) -> None:
    """In place of what stands there."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    machine: Definition = {"name": name}
    if name == "imports":
        machine["handlers"] = {"read-row": "handlers.py:read"}
    folder.joinpath("machine.json").write_text(json.dumps(machine), encoding="utf-8")
    text = json.dumps(definition, indent=2)
    folder.joinpath("definition.asl.json").write_text(text, encoding="utf-8")
