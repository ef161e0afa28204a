"""Remembers of which field a path was."""

from collections.abc import Callable
from typing import Any

from moto.stepfunctions.parser.asl.utils.json_path import NoSuchJsonPathError

from .patches import Fault, wraps

FAULT = Fault(
    moto="A task of moto's forgets by the time it reports which field a path that found nothing "
    "was of.",
    since="5.1.12",
    aws="Causes name the field.",
    known="Executions recorded on AWS.",
)


@wraps("component.common.string.string_expression:StringJsonPath._eval_body")
def remember_the_field(original: Callable[..., None], self: Any, env: Any) -> None:
    """A task's own evaluation forgets by the time it reports which field the path was of."""
    try:
        original(self, env)
    except NoSuchJsonPathError as error:
        error.field = env.next_field_name
        raise
