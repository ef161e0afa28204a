"""The fields of a distributed Map, most of which moto's grammar lacks. Before a definition is
parsed they move to where the grammar takes any payload, so that their paths and expressions are
read, and refused, as all others are; afterwards they are found again beside the parsed state."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Raw = dict[str, Any]
_MAP = '"Map"'
_READ = "arn:aws:states:::s3:getObject"


@dataclass(frozen=True, slots=True)
class MapFields:
    """`definition` is what a child execution runs, `tree` moto's of it. `payload`, None where there
    is nothing to evaluate, makes {"ItemReader", "ItemBatcher", "ResultWriter"} of those the state
    has. `action` is the reader's, `exports` says whether results go to S3."""

    definition: Mapping[str, Any]
    tree: Any
    express: bool
    payload: Any
    action: str
    exports: bool


def in_the_grammar(definition: str) -> str:
    """The same with the fields of distributed Maps moved; what isn't JSON, as it is."""
    if _MAP not in definition:
        return definition
    try:
        machine = json.loads(definition)
    except (ValueError, RecursionError):
        return definition  # the grammar's to refuse
    moved = [_move(state, language) for state, _, language in _maps(machine, None, None)]
    return json.dumps(machine, ensure_ascii=False) if any(moved) else definition


def attach(definition: str, program: Any) -> None:
    """Give the distributed Maps of a parsed program their `map_fields`."""
    machine = json.loads(definition) if _MAP in definition else None
    for state, parsed, language in _maps(machine, program.states, None):
        processor = _processor(state)
        if not _distributed(processor):
            continue
        reader, tree = parsed.item_reader, parsed.iteration_component
        resource = _object(state, "ItemReader").get("Resource", "")
        tree.map_fields = MapFields(
            definition={"QueryLanguage": language, **processor} if language else processor,
            tree=tree,
            express=_object(processor, "ProcessorConfig").get("ExecutionType") == "EXPRESS",
            payload=reader and reader.parargs,
            action=str(resource).rpartition(":")[2],
            exports="Resource" in _object(state, "ResultWriter"),
        )
        parsed.item_reader = reader if "ItemReader" in state else None
        for items in filter(None, (parsed.items_path, parsed.items)):
            items.takes_objects = True


def _maps(scope: Any, parsed: Any, language: Any) -> Iterator[tuple[Raw, Any, Any]]:
    """The Maps below, each beside moto's of it, and the query language around it.
    `parsed` are moto's states of the scope, None where it isn't parsed."""
    states = scope.get("States") if isinstance(scope, dict) else None
    if not isinstance(states, dict):
        return
    language = scope.get("QueryLanguage", language)
    for name, state in states.items():
        if not isinstance(state, dict):
            continue
        beside = parsed and parsed.states[name]
        branches = state.get("Branches")
        for at, branch in enumerate(branches if isinstance(branches, list) else ()):
            yield from _maps(branch, beside and beside.branches.programs[at].states, language)
        if processor := _processor(state):
            yield from _maps(processor, beside and beside.iteration_component._states, language)
            yield state, beside, language


def _processor(state: Raw) -> Raw:
    """Of a Map, in its present or its former field; empty for other states."""
    return _object(state, "ItemProcessor") or _object(state, "Iterator")


def _distributed(processor: Raw) -> bool:
    return _object(processor, "ProcessorConfig").get("Mode") == "DISTRIBUTED"


def _move(state: Raw, language: Any) -> bool:
    """False where there was nothing to move."""
    percentage, processor = state.get("ToleratedFailurePercentage"), _processor(state)
    if moved := isinstance(percentage, int) and not isinstance(percentage, bool):
        state["ToleratedFailurePercentage"] = float(percentage)
    if not _distributed(processor):
        return moved
    paths = state.get("QueryLanguage", language) != "JSONata"
    payload = {
        name: _payload(state.pop(name), paths=paths)
        for name in ("ItemReader", "ItemBatcher", "ResultWriter")
        if isinstance(state.get(name), dict)
    }
    if payload:
        resource = _object(payload, "ItemReader").get("Resource", _READ)
        given = "Parameters" if paths else "Arguments"
        state["ItemReader"] = {"Resource": resource, given: payload}
    if express := processor["ProcessorConfig"].get("ExecutionType") == "EXPRESS":
        processor["ProcessorConfig"]["ExecutionType"] = "STANDARD"
    return moved or bool(payload) or express


def _payload(field: Raw, *, paths: bool) -> Raw:
    """As a payload template says the same."""
    moved: Raw = {}
    for name, value in field.items():
        if name == "ReaderConfig" and isinstance(value, dict):
            moved[name] = _payload(value, paths=paths)
        elif name in {"Parameters", "Arguments"}:
            moved["Arguments"] = value
        else:
            moved[f"{name}.$" if paths and name.endswith("Path") else name] = value
    return moved


def _object(raw: Mapping[str, Any], name: str) -> Raw:
    found = raw.get(name)
    return found if isinstance(found, dict) else {}
