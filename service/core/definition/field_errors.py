"""Words what pydantic finds wrong in a document: a path and a sentence for each mistake."""

from pydantic import ValidationError

from handrail.core.errors import FieldError

UNTOLD = "·"
"""Begins the tag of a union's alternative, which is no part of the document's path."""


def field_errors(error: ValidationError, *, root: str) -> list[FieldError]:
    """`root` is what a mistake about the whole document is said of."""
    found = []
    for fault in error.errors():
        steps = [step for step in fault["loc"] if not str(step).startswith(UNTOLD)]
        path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
        message = fault["msg"].removeprefix("Value error, ")
        found.append(FieldError(path.lstrip(".") or root, message))
    return found
