"""Gives a state without a QueryLanguage the state machine's."""

from collections.abc import Callable
from typing import Any

from .patches import Fault, wraps

FAULT = Fault(
    moto="States within a Map or Parallel inherit that state's QueryLanguage.",
    since="5.1.0",
    aws="They have the state machine's, unless they name their own.",
    known="A measurement with ValidateStateMachineDefinition that users of another emulator"
    " published.",
)


@wraps("parse.preprocessor:Preprocessor._open_query_language_scope")
def open_scope(original: Callable[..., None], self: Any, parse_tree: Any) -> None:
    """moto looks at the scope around."""
    original(self, parse_tree)
    scopes = self._query_language_per_scope
    if len(scopes) > 2 and scopes[-1] is scopes[-2] is not scopes[0]:
        scopes[-1] = scopes[0]
