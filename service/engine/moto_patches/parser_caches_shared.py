"""Parses one definition at a time."""

from collections.abc import Callable
from threading import Lock
from typing import Any

from .patches import Fault, wraps

FAULT = Fault(
    moto="The caches of moto's parser (antlr4's DFAs) are shared by all threads, and written to "
    "without a lock.",
    since="5.0.16 or earlier",
    aws="Definitions can be created and executions started at once.",
    known="The runtime of antlr4 for Python says so of its caches.",
)
_one_at_a_time = Lock()


@wraps("parse.asl_parser:AmazonStateLanguageParser.parse")
def parse(original: Callable[[str], Any], definition: str) -> Any:
    """In turn."""
    with _one_at_a_time:
        return original(definition)
