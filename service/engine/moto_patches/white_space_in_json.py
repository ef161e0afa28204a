"""Writes the JSON in histories and answers as AWS does."""

from collections.abc import Callable
from typing import Any

from .patches import Fault, wraps

FAULT = Fault(
    moto="Moto writes outputs, parameters and causes with a space after each comma and colon, and "
    "every character beyond ASCII as an escape.",
    since="5.0.16 or earlier",
    aws="Step Functions writes JSON without white space and in UTF-8, so that also the `Output` a "
    "nested execution is answered with, and the size of a payload, are different.",
    known="Executions recorded on AWS: nested executions by `.sync`.",
)


@wraps("utils.encoding:_DateTimeEncoder.__init__")
def write_without_white_space(original: Callable[..., None], self: Any, **options: Any) -> None:
    """The one encoder of the interpreter."""
    original(self, **options | {"separators": (",", ":"), "ensure_ascii": False})
