"""Takes whole numbers that are written with a fraction: 300.0."""

from collections.abc import Callable
from typing import Any

from .definitions_rewritten import with_states_changed
from .patches import Fault, wraps

FAULT = Fault(
    moto="Moto's grammar refuses 300.0 for a number of seconds, attempts or items.",
    since="5.0.16 or earlier",
    aws="The number is whole, however it is written.",
    known="JSON has one kind of number; some tools write every number with a fraction.",
)
_OF_A_STATE = (
    "Seconds",
    "TimeoutSeconds",
    "HeartbeatSeconds",
    "MaxConcurrency",
    "ToleratedFailureCount",
)
_OF_A_RETRY = ("IntervalSeconds", "MaxAttempts", "MaxDelaySeconds")


def _make_whole(raw: dict[str, Any], _: object = None) -> bool:
    retries = raw.get("Retry")
    places: list[tuple[Any, tuple[str, ...]]] = [(raw, _OF_A_STATE)]
    places += [(each, _OF_A_RETRY) for each in (retries if isinstance(retries, list) else ())]
    fractions = [
        (holder, name)
        for holder, names in places
        if isinstance(holder, dict)
        for name in names
        if isinstance(holder.get(name), float) and holder[name].is_integer()
    ]
    for holder, name in fractions:
        holder[name] = int(holder[name])
    return bool(fractions)


@wraps("parse.asl_parser:AmazonStateLanguageParser.parse")
def parse_whole(original: Callable[[str], Any], definition: str) -> Any:
    """Takes definitions with such numbers."""
    if ".0" in definition:
        definition = with_states_changed(definition, _make_whole)
    return original(definition)
