"""`handrail init`: a state machine to begin with, its handler and its case."""

import json
from pathlib import Path
from typing import Any

import click

from handrail.core.errors import InvalidName
from handrail.core.limits import check_name

from .group import Failed, examples

_FOLDER = Path("state_machines", "hello")
_HANDLERS = '''"""Answers for the Lambda function `{name}-greet` on the embedded engine."""


class NobodyToGreet(Exception):
    """The input has no name: Retry and Catch of the definition can name this error."""


def greet(event, context):
    if not event.get("name"):
        raise NobodyToGreet("The input has no name.")
    return {{"greeting": f"Hello, {{event['name']}}!"}}
'''


@click.command("init", epilog=examples("handrail init", "handrail init state_machines/orders"))
@click.argument("folder", default=_FOLDER, type=click.Path(path_type=Path))
def init(folder: Path) -> None:
    """Make a state machine to begin with, its handler and its case.

    FOLDER is where; it must be new or empty, and names the state machine.
    """
    name = folder.resolve().name
    try:
        check_name(name)
    except InvalidName as error:
        raise Failed(f"{name!r} can't name a state machine: {error.detail}") from error
    try:
        if folder.exists() and any(folder.iterdir()):
            raise Failed(f"{folder} has files already; nothing was written.")
        for file, text in starter_files(name).items():
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_text(text, encoding="utf-8")
            click.echo(f"made {folder / file}")
    except OSError as error:
        raise Failed(f"{folder}: can't be written: {error.strerror}.") from error
    where = "" if folder.parent == _FOLDER.parent else f" {folder}"
    click.echo("Next:")
    click.echo(f"  handrail test{where}    runs its case")
    click.echo(f"  handrail dev{where}     serves it at http://127.0.0.1:8000/")


def starter_files(name: str) -> dict[str, str]:
    """The text of each, by its path in the state machine's folder."""
    machine = {
        "name": name,
        "type": "STANDARD",
        "description": "Greets somebody.",
        "input_schema": {
            "type": "object",
            "properties": {"name": {"type": "string"}},
            "examples": [{"name": "Ada"}],
        },
        "substitutions": {
            "GreetFunctionArn": "arn:${PARTITION}:lambda:${REGION}:${ACCOUNT_ID}:function:"
            f"{name}-greet"
        },
        "handlers": {f"{name}-greet": "handlers.py:greet"},
    }
    case = {
        "description": "Somebody with a name is greeted by it.",
        "input": {"name": "Ada"},
        "expect": {
            "status": "SUCCEEDED",
            "output": {"greeting": "Hello, Ada!"},
            "entered": ["Greet", "Done"],
        },
    }
    return {
        "definition.asl.json": _json(_DEFINITION),
        "machine.json": _json(machine),
        "handlers.py": _HANDLERS.format(name=name),
        "cases/ada.json": _json(case),
    }


_DEFINITION = {
    "Comment": "Greets somebody.",
    "StartAt": "Greet",
    "States": {
        "Greet": {
            "Type": "Task",
            "Resource": "arn:${PARTITION}:states:::lambda:invoke",
            "Parameters": {"FunctionName": "${GreetFunctionArn}", "Payload.$": "$"},
            "OutputPath": "$.Payload",
            "TimeoutSeconds": 60,
            "Retry": [
                {
                    "ErrorEquals": ["Lambda.ServiceException", "Lambda.TooManyRequestsException"],
                    "IntervalSeconds": 1,
                    "MaxAttempts": 3,
                    "BackoffRate": 2,
                }
            ],
            "Catch": [{"ErrorEquals": ["NobodyToGreet"], "Next": "NobodyThere"}],
            "Next": "Done",
        },
        "NobodyThere": {
            "Type": "Fail",
            "Error": "NobodyThere",
            "Cause": "The input has no name.",
        },
        "Done": {"Type": "Succeed"},
    },
}


def _json(value: Any) -> str:
    return json.dumps(value, indent=2) + "\n"
