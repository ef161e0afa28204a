"""Puts lint's rules together."""

from collections.abc import Iterator
from dataclasses import replace

from handrail.core.definition.definition import Definition, State
from handrail.core.definition.substitution import names
from handrail.core.limits import MAX_DEFINITION
from handrail.core.models import MachineType

from .advice import check_later
from .aws_operations import AwsOperations
from .choice_rules import check_choice
from .error_handlers import check_handlers
from .fields import TYPES, check_fields, check_top
from .findings import Finding, Severity, on_whole
from .map_states import check_labels, check_map
from .payload_templates import Evaluated, evaluated
from .positions import lines
from .task_resources import check_resource
from .transitions import check_transitions
from .variables import check_variables

_END = "no-terminal-state"


def all_findings(
    definition: Definition,
    machine_type: MachineType,
    operations: AwsOperations | None,
    account_id: str | None,
) -> tuple[Finding, ...]:
    """As `lint` says."""
    found = [
        *_document(definition),
        *check_top(definition),
        *check_labels(definition),
        *_states(definition, operations),
        *check_transitions(definition),
        *check_later(definition, machine_type, account_id),
    ]
    severities = tuple(Severity)
    positions = {state.name: index for index, state in enumerate(definition.all_states)}
    positions[_END] = len(positions)  # AWS says that there is no end when it is through

    def position(finding: Finding) -> tuple[int, int]:
        at = _END if finding.code == _END else finding.state or ""
        return severities.index(finding.severity), positions.get(at, -1)

    found.sort(key=position)
    at = lines(definition.text, {finding.path for finding in found})
    return tuple(replace(finding, line=at[finding.path]) for finding in found)


def _document(definition: Definition) -> Iterator[Finding]:
    for key in definition.repeated:
        yield on_whole("duplicate-key", f"{key} occurs twice; the last counts.")
    if (length := len(definition.text)) > MAX_DEFINITION:
        message = f"It has {length:,} characters; AWS takes {MAX_DEFINITION:,} at most."
        yield on_whole("definition-too-long", message)
    holders: dict[str, State] = {}
    left = names(definition.text)
    for state in definition.all_states if left else ():
        for name in names(repr(state.raw)):
            holders.setdefault(name, state)
    for name in left:
        message = f"${{{name}}} was not filled in: AWS takes it as it stands."
        holder = holders.get(name)
        path, blamed = (holder.path, holder.name) if holder else ("", None)
        yield on_whole("leftover-substitution", message, path, blamed)


def _states(definition: Definition, operations: AwsOperations | None) -> Iterator[Finding]:
    read = {}
    for state in definition.all_states:
        yield from check_fields(definition, state)
        if state.type not in TYPES:
            continue
        found = evaluated(state) if state.language_declared else Evaluated(state)
        if state.type == "Choice":
            yield from check_choice(found)
        read[state] = found
        yield from found.findings
        yield from check_handlers(state)
        yield from check_map(state)
        yield from check_resource(state, operations)
    yield from check_variables(definition, read)
