"""Takes an inline Map whatever its ProcessorConfig leaves out or says."""

from collections.abc import Callable
from typing import Any

from .definitions_rewritten import with_states_changed
from .patches import Fault, wraps

FAULT = Fault(
    moto="Moto's grammar refuses an empty ProcessorConfig, and an ExecutionType EXPRESS without a"
    " Mode.",
    since="5.0.16 or earlier",
    aws="Mode is INLINE where nothing is said, and ExecutionType then counts for nothing.",
    known="The developer guide's page on the Map state.",
)


def _leave_out(raw: dict[str, Any], _: object) -> bool:
    processor = raw.get("ItemProcessor")
    config = processor.get("ProcessorConfig") if isinstance(processor, dict) else None
    inline = isinstance(config, dict) and config.get("Mode", "INLINE") == "INLINE"
    if inline:
        del raw["ItemProcessor"]["ProcessorConfig"]
    return inline


@wraps("parse.asl_parser:AmazonStateLanguageParser.parse")
def parse_without(original: Callable[[str], Any], definition: str) -> Any:
    """Takes definitions whose ProcessorConfig is that of an inline Map."""
    if '"ProcessorConfig"' in definition:
        definition = with_states_changed(definition, _leave_out)
    return original(definition)
