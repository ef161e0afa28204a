"""Evaluates the JSONata in a `then`'s input, as Step Functions does in a state's fields: strings
`{% … %}` anywhere in JSON.

The same news has to give the same input, in a time and a size that whoever may start an execution
can't stretch: so `$now()` and `$millis()` are the news' own time, what draws at random and regular
expressions are refused, and an evaluation has so many steps.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

from handrail.core.definition.lint.jsonata_expressions import (
    expression_in,
    is_half,
    read_expression,
)
from handrail.core.models import Json, to_ms

MEMBERS = frozenset({"input", "output", "errorOutput", "context"})
"""What `$states` has here."""

_DRAWING = {"random", "uuid", "shuffle"}


def faults_of(template: Json) -> Iterator[str]:
    """A sentence for each expression that could never be evaluated."""
    for path, text in _texts(template, "input"):
        if is_half(text):
            yield f"{path} begins with {{% and ends with %}}, or neither"
        elif (expression := expression_in(text)) is not None:
            for fault in _faults_in(expression):
                yield f"{path}: {fault}"


def evaluated(template: Json, states: Mapping[str, Json], at: datetime) -> Json:
    """The template with each expression's value in its place. Raises InvalidInput, whose text
    holds no payload."""
    match template:
        case str() if (expression := expression_in(template)) is not None:
            return _value_of(expression, states, at)
        case list():
            return [evaluated(item, states, at) for item in template]
        case dict():
            return {name: evaluated(item, states, at) for name, item in template.items()}
        case _:
            return template


def _texts(template: Json, path: str) -> Iterator[tuple[str, str]]:
    match template:
        case str():
            yield path, template
        case list():
            for index, item in enumerate(template):
                yield from _texts(item, f"{path}[{index}]")
        case dict():
            for name, item in template.items():
                yield from _texts(item, f"{path}.{name}")


def _faults_in(expression: str) -> Iterator[str]:
    reading = read_expression(expression)
    if reading.problem is not None:
        yield reading.problem
        return
    yield from reading.unsupported
    for member in sorted(reading.members - MEMBERS):
        yield f"there is no $states.{member} here"
    for name in sorted(reading.variables - {"states"}):
        yield f"there is no variable ${name} here"
    for name in sorted(reading.calls & _DRAWING):
        yield f"${name}() gives another input each time, and the same news starts the same"
    if "eval" in reading.calls:
        yield "Step Functions has no $eval()"
    from .jsonata_evaluation import RegularExpressionRefused, compiled  # noqa: PLC0415 - 30 ms

    try:
        compiled(expression)
    except RegularExpressionRefused:
        yield "regular expressions aren't evaluated here, since they can take any time"


def _value_of(expression: str, states: Mapping[str, Json], at: datetime) -> Json:
    from .jsonata_evaluation import evaluate  # noqa: PLC0415 - 30 ms that few need

    return evaluate(expression, states, at_ms=to_ms(at))
