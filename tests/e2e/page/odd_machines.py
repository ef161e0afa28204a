"""State machines that a page has to get right: markup in every text, schemas of all kinds, tasks
that nobody answers, test cases, a folder that can't be served, three hundred states."""

import json
from pathlib import Path
from typing import Any

MARKUP = '"><img src=x onerror=alert(1)>'
BIG = "12345678901234567890"
STATE = "<b>Bold</b> & 'quoted' #1/2"

_ADDRESS: dict[str, Any] = {
    "type": "object",
    "title": "Address",
    "properties": {"street": {"type": "string"}, "other": {"$ref": "#/$defs/address"}},
    "required": ["street"],
}
_SCHEMA: dict[str, Any] = {
    "title": MARKUP,
    "description": MARKUP,
    "type": "object",
    "$defs": {"address": _ADDRESS},
    "properties": {
        MARKUP: {"type": "string", "title": f"Title {MARKUP}", "description": MARKUP},
        "big": {"type": "integer", "title": "Big"},
        "price": {"type": "number", "title": "Price"},
        "urgent": {"type": "boolean", "title": "Urgent"},
        "nick": {"type": ["string", "null"], "title": "Nick"},
        "at": {"type": "string", "format": "date-time", "title": "At"},
        "address": {"$ref": "#/$defs/address"},
        "pay": {
            "title": "Payment",
            "oneOf": [
                {
                    "title": "Card",
                    "properties": {"kind": {"const": "card"}, "number": {"type": "string"}},
                    "required": ["kind", "number"],
                },
                {
                    "title": "Invoice",
                    "properties": {"kind": {"const": "invoice"}, "days": {"enum": [14, 30]}},
                    "required": ["kind", "days"],
                },
            ],
        },
        "labels": {"title": "Labels", "additionalProperties": {"type": "string"}},
        "free": {"title": "Free"},
    },
    "required": ["big", "address"],
    "if": {"properties": {"urgent": {"const": True}}, "required": ["urgent"]},
    "then": {"required": ["nick"]},
    "examples": ["BIG", {MARKUP: MARKUP, "big": 1, "address": {"street": MARKUP}}],
}
_EXAMPLE = (
    f'{{"big": {BIG}, "price": 1.10, "urgent": false, "address": {{"street": "Main"}},'
    ' "pay": {"kind": "invoice", "days": 30}, "labels": {"a.b": "x"}, "more": [1.0, null]}'
)


def write_odd_machines(folder: Path) -> Path:
    """A folder of state machines; answers the mocks beside it."""
    odd = {"name": "odd", "description": MARKUP, "input_schema": _SCHEMA}
    text = json.dumps(odd).replace('"BIG"', _EXAMPLE)
    _write(folder / "odd", text, {STATE: {"Type": "Pass", "Comment": MARKUP, "End": True}})
    http = {"ApiEndpoint": "https://example.com/", "Method": "GET"}
    asks = {
        "Type": "Task",
        "Resource": "arn:aws:states:::http:invoke",
        "Parameters": {
            **http,
            "Authentication": {
                "ConnectionArn": "arn:aws:events:us-east-1:123456789012:connection/c/0"
            },
        },
        "End": True,
    }
    _write(folder / "unanswered", '{"name": "unanswered"}', {"Ask": asks})
    _write(folder / "left-out", '{"name": "left-out"}', {"A": {"Type": "Pass", "Next": "Nowhere"}})
    long = {"Type": "Pass", "Comment": "x" * 800, "Parameters": {"a": 1, "b": 2, "c": 3, "d": 4}}
    many = {f"S{at}": {**long, "Next": f"S{at + 1}"} for at in range(300)}
    _write(folder / "many", '{"name": "many"}', {**many, "S300": {"Type": "Succeed"}})
    mocks = folder.parent / "mocks.json"
    cases = {"unanswered": {"TestCases": {"Answered": {"Ask": "Answer"}}}}
    answers = {"Answer": {"0": {"Return": {"ResponseBody": "hello"}}}}
    mocks.write_text(json.dumps({"StateMachines": cases, "MockedResponses": answers}))
    return mocks


def _write(folder: Path, machine: str, states: dict[str, Any]) -> None:
    folder.mkdir(parents=True)
    folder.joinpath("machine.json").write_text(machine)
    definition = {"StartAt": next(iter(states)), "States": states}
    indent = None if folder.name == "odd" else 2
    folder.joinpath("definition.asl.json").write_text(json.dumps(definition, indent=indent))
