"""Reads the context object that TestState is given instead of its own."""

import json
from collections.abc import Mapping

from handrail.core.models import Json
from handrail.engine.errors import AwsError

_ANY = (object, "a value")
_TEXT, _NUMBER = (str, "a string"), (int, "an integer")
_FIELDS: Mapping[str, Mapping[str, tuple[type, str]]] = {
    "Execution": {
        "Id": _TEXT,
        "Input": _ANY,
        "Name": _TEXT,
        "RoleArn": _TEXT,
        "StartTime": _TEXT,
        "RedriveCount": _NUMBER,
        "RedriveTime": _TEXT,
    },
    "State": {"EnteredTime": _TEXT, "Name": _TEXT, "RetryCount": _NUMBER},
    "StateMachine": {"Id": _TEXT, "Name": _TEXT},
    "Task": {"Token": _TEXT},
}


def read_context(text: str) -> Mapping[str, Json]:
    """Raises ValidationException."""
    try:
        context = json.loads(text)
    except ValueError as error:
        raise _invalid("it is not valid JSON") from error
    if not isinstance(context, dict):
        raise _invalid("it must be an object")
    for name, part in context.items():
        if name == "Map":
            raise _invalid("'Map' field is not supported when mocking a Context object")
        if name not in _FIELDS:
            raise _invalid(f"Field '{name}' is not allowed")
        if not isinstance(part, dict):
            raise _invalid(f"{name} must be an object")
        for key, value in part.items():
            if key not in _FIELDS[name]:
                raise _invalid(f"Field '{key}' is not allowed")
            type, worded = _FIELDS[name][key]
            if not isinstance(value, type) or (isinstance(value, bool) and type is int):
                raise _invalid(f"{name}.{key} must be {worded}")
    return context


def _invalid(problem: str) -> AwsError:
    return AwsError("ValidationException", f"Invalid Context object provided: {problem}")
