"""Takes fields of a Map that moto's grammar lacks."""

import json
from collections.abc import Callable
from typing import Any

from handrail.core.definition.definition import Definition
from handrail.core.errors import InvalidDefinition

from .patches import Fault, wraps

FAULT = Fault(
    moto="Moto's grammar refuses a ToleratedFailurePercentage that is a whole number, and a "
    "distributed Map whose children are Express executions.",
    since="5.0.16 or earlier",
    aws="Both are taken.",
    known="AWS's documents on distributed Maps.",
)


def in_its_grammar(definition: str) -> str:
    """The same with what moto's grammar lacks in a Map put otherwise: whole percentages, and
    Express children, which run as the others do here."""
    if '"EXPRESS"' not in definition and '"ToleratedFailurePercentage"' not in definition:
        return definition
    try:
        whole, changed = Definition.parse(definition), False
    except InvalidDefinition:
        return definition  # the grammar's to refuse
    for state in whole.all_states:
        raw: Any = state.raw
        percentage = raw.get("ToleratedFailurePercentage")
        if isinstance(percentage, int) and not isinstance(percentage, bool):
            raw["ToleratedFailurePercentage"], changed = float(percentage), True
        match raw.get("ItemProcessor"):
            case {"ProcessorConfig": {"ExecutionType": "EXPRESS"} as config}:
                config["ExecutionType"], changed = "STANDARD", True
    return json.dumps(whole.raw, ensure_ascii=False) if changed else definition


@wraps("parse.asl_parser:AmazonStateLanguageParser.parse")
def parse_maps(original: Callable[[str], Any], definition: str) -> Any:
    """Express children run as the others do here."""
    return original(in_its_grammar(definition))
