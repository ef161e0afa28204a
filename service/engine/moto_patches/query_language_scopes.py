"""Gives each parse its own query languages."""

from typing import Any

from .patches import Fault, replaces

FAULT = Fault(
    moto="Moto has one list of the query languages' scopes for all parses: one refused JSONata "
    "definition, or two starts at once, and every later JSONPath definition was read as "
    "JSONata.",
    since="5.1.0",
    aws="A definition is read by itself.",
    known="The Amazon States Language specification; LocalStack mended the same since.",
)


@replaces("parse.preprocessor:Preprocessor.__init__")
def begin_without_scopes(self: Any) -> None:
    """moto has one list of query languages' scopes for all parses, refused and concurrent ones."""
    self._query_language_per_scope = []
