"""Finds the values that `machine.json` names in what a task was called with: its parameters, as AWS
was given them.

A path, `$.MessageBody.lines[0]['a key']`, leads from the parameters themselves. A bare name,
`order_id` or `order.id`, is looked for among the parameters and then in what they carry: the
members of CARRIERS, in that order. What is the text of a JSON object is looked into as one, as a
`MessageBody` made by States.JsonToString."""

import re
from collections.abc import Iterator

from handrail.core.json_text import exact
from handrail.core.models import Json

CARRIERS = ("Payload", "MessageBody", "Message", "Input", "RequestBody", "Detail")
"""Of a Lambda function, a queue, a topic, a state machine, an HTTP API; a bus has its events' in
`Entries[0].Detail`."""

_NAME = r"[^\W\d][\w-]*"
_STEP = re.compile(rf"\.({_NAME})|\[(\d+)\]|\['([^']+)'\]")
_REFERENCE = re.compile(rf"(?:\$|({_NAME}))((?:{_STEP.pattern})*)")


class Missing(LookupError):
    """There is no such value."""


def check_reference(text: str) -> str:
    """Raises ValueError unless it is a path or a bare name."""
    if not _REFERENCE.fullmatch(text):
        raise ValueError(
            f"{text!r} is no name: it reads order_id, or $.Name.name from the task's parameters on,"
            " with [0] and ['any name'] for the rest"
        )
    return text


def last_name(reference: str) -> str | None:
    """What the value is called: `id` of `order.id` and of `$.order.id[0]`."""
    first, steps = _parts(reference)
    names = [name for name in [first, *(name for name, _ in steps)] if name]
    return names[-1] if names else None


def read_parameters(text: str | None) -> Json:
    """The value of a task's parameters. Raises ValueError where they aren't known whole."""
    return exact(text or "")


def find(reference: str, parameters: Json) -> Json:
    """The value that is meant. Raises Missing."""
    first, steps = _parts(reference)
    if first is None:
        return _follow(parameters, steps)
    for place in _places(parameters):
        if first in place:
            return _follow(place[first], steps)
    raise Missing


def _parts(reference: str) -> tuple[str | None, list[tuple[str | None, int | None]]]:
    found = _REFERENCE.fullmatch(reference)
    if found is None:
        raise Missing
    steps: list[tuple[str | None, int | None]] = [
        (dotted or quoted or None, int(index) if index else None)
        for dotted, index, quoted in _STEP.findall(found[2])
    ]
    return found[1], steps


def _places(parameters: Json) -> Iterator[dict[str, Json]]:
    if not isinstance(parameters, dict):
        return
    yield parameters
    entries = parameters.get("Entries")
    first = entries[0] if isinstance(entries, list) and entries else None
    for around in (parameters, first):
        if isinstance(around, dict):
            carried = (_opened(around.get(name)) for name in CARRIERS)
            yield from (place for place in carried if isinstance(place, dict))


def _follow(value: Json, steps: list[tuple[str | None, int | None]]) -> Json:
    for name, index in steps:
        if name is not None:
            inner = _opened(value)
            if not isinstance(inner, dict) or name not in inner:
                raise Missing
            value = inner[name]
        elif index is not None and isinstance(value, list) and index < len(value):
            value = value[index]
        else:
            raise Missing
    return value


def _opened(value: Json) -> Json:
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            return exact(value)
        except ValueError:
            return value
    return value
