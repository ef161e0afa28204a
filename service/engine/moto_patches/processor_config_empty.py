"""Takes a Map whose ProcessorConfig says nothing."""

from collections.abc import Callable
from typing import Any

from .definitions_rewritten import with_states_changed
from .patches import Fault, wraps

FAULT = Fault(
    moto="Moto's grammar refuses an empty ProcessorConfig.",
    since="5.0.16 or earlier",
    aws="Mode is INLINE where nothing is said.",
    known="The developer guide's page on the Map state.",
)


def _leave_out(raw: dict[str, Any], _: object) -> bool:
    processor = raw.get("ItemProcessor")
    empty = isinstance(processor, dict) and processor.get("ProcessorConfig") == {}
    if empty:
        del raw["ItemProcessor"]["ProcessorConfig"]
    return empty


@wraps("parse.asl_parser:AmazonStateLanguageParser.parse")
def parse_without(original: Callable[[str], Any], definition: str) -> Any:
    """Takes definitions with an empty ProcessorConfig."""
    if '"ProcessorConfig"' in definition:
        definition = with_states_changed(definition, _leave_out)
    return original(definition)
