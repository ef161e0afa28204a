"""Tells what AWS takes and what bites later: lost callbacks, passing errors, loops that grow to the
limit of 25,000 events, what Express can't do, and what would cost less another way."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import partial

from handrail.core.definition.definition import Definition, QueryLanguage, Scope, State
from handrail.core.models import Json, MachineType
from handrail.core.task_tokens.finding import placement

from .field_values import is_number
from .findings import Finding, Step, in_state, on_whole

MOST_EVENTS = 25_000
MOST_BYTES = 262_144
EXPRESS_SECONDS = 300
_TIMEOUTS = {"TimeoutSeconds", "TimeoutSecondsPath"}
_HEARTBEATS = {"HeartbeatSeconds", "HeartbeatSecondsPath"}
_ACCOUNT = re.compile(r"\barn:aws[\w-]*:[\w-]*:[\w-]*:(\d{12}):")
_ASKING = re.compile(r":(?:describe|get|list|batchGet)\w*$|(?i:status|poll)")
_EVENTS = {"Task": 5, "Wait": 2, "Pass": 2, "Choice": 2, "Parallel": 8, "Map": 8}
_TEMPLATES = ("Parameters", "Arguments")
_LITERALS = ("Result", "Output")
_LOOKS_LIKE_A_PATH = re.compile(r"\$\$?\.[\w$.\[\]'*-]+|States\.[A-Z]\w+\(.*\)", re.DOTALL)


def check_later(
    definition: Definition, machine_type: MachineType, account_id: str | None
) -> Iterator[Finding]:
    """`account_id` is the one that ARNs may name; None where any may."""
    for state in definition.all_states:
        express = _is_express(definition, state, machine_type)
        match state.type:
            case "Task":
                yield from _task(state)
            case "Fail" if not {"Error", "ErrorPath"} & state.raw.keys():
                message = "Without an Error, all failures look alike."
                yield in_state(state, "fail-without-error", message)
            case "Wait" if express and is_number(waits := state.raw.get("Seconds")):
                if waits > EXPRESS_SECONDS:
                    message = f"An Express execution ends after {EXPRESS_SECONDS} seconds."
                    yield in_state(state, "express-too-long", message, "Seconds")
        yield from _texts(state)
        found = _ACCOUNT.search(state.resource)
        if account_id and found and found[1] != account_id:
            message = f"The account {found[1]} is written into the definition."
            yield in_state(state, "hard-coded-account", message, "Resource")
        yield from _beyond_express(state, express=express)
    for scope in definition.scopes:
        yield from _loops(scope)
    yield from _cheaper(definition, machine_type)


def _is_express(definition: Definition, state: State, machine_type: MachineType) -> bool:
    """A distributed Map's children may be Express inside a Standard state machine."""
    around = state.scope.parent
    while around is not None:
        outer = definition.states[around]
        if outer.map_mode == "DISTRIBUTED":
            return outer.express_children
        around = outer.scope.parent
    return machine_type is MachineType.EXPRESS


def _beyond_express(state: State, *, express: bool) -> Iterator[Finding]:
    pattern = state.resource.rpartition(".")[2]
    if express and pattern in {"waitForTaskToken", "sync", "sync:2"}:
        message = f"Express state machine does not support '.{pattern}' service integration "
        yield in_state(state, "beyond-express", message, "Resource")
    beyond = {
        "call activities": ":activity:" in state.resource,
        "run a distributed Map": state.map_mode == "DISTRIBUTED",
    }
    for what in (what for what, wanted in beyond.items() if express and wanted):
        yield in_state(state, "beyond-express", f"Express executions can't {what}.")


def _task(state: State) -> Iterator[Finding]:
    say = partial(in_state, state)
    limited = bool(_TIMEOUTS & state.raw.keys())
    if state.waits_for_callback:
        if not limited and not _HEARTBEATS & state.raw.keys():
            message = "Without TimeoutSeconds or HeartbeatSeconds a lost callback waits for a year."
            yield say("callback-without-limit", message)
        if not placement(state).carries():
            message = "The task token is passed nowhere, so nobody can answer this task with it."
            yield say("callback-without-token", message)
        return
    if not state.raw.get("Retry"):
        if ":lambda:" in state.resource:
            message = (
                "Without Retry, Lambda's own passing errors are fatal (Lambda.ServiceException)"
            )
            yield say("lambda-without-retry", f"{message}.")
        else:
            yield say("task-without-retry", "Without Retry a transient error is fatal.")
    if not limited:
        waits = ":activity:" in state.resource or ".sync" in state.resource
        message = "Without TimeoutSeconds a task that hangs is noticed very late."
        yield say("activity-without-timeout" if waits else "task-without-timeout", message)


def _texts(state: State) -> Iterator[Finding]:
    """What literals of a state say: paths that aren't evaluated, more than a state may output."""
    for field in _LITERALS:
        literal = state.raw.get(field)
        if isinstance(literal, dict | list | str) and len(text := json.dumps(literal)) > MOST_BYTES:
            message = f"It has {len(text):,} bytes; a state outputs {MOST_BYTES:,} at most."
            yield in_state(state, "large-payload", message, field)
    jsonata = state.query_language is QueryLanguage.JSONATA
    if not state.language_declared:
        return
    for place, key, text in _strings(state.raw.get("Result"), "Result"):
        if not jsonata and (key.endswith(".$") or _LOOKS_LIKE_A_PATH.fullmatch(text)):
            message = "A Pass's Result is sent as it stands: Parameters would evaluate it."
            yield in_state(state, "static-result", message, *place)
    template = "Arguments" if jsonata else "Parameters"
    for place, key, text in _strings(state.raw.get(template), template):
        evaluated = key.endswith(".$")
        if jsonata and evaluated and text.startswith(("$", "States.")):
            message = f"{key} is sent as it stands: JSONata has no .$ keys."
            yield in_state(state, "path-in-jsonata", message, *place)
        elif not jsonata and text.startswith("{%") and text.endswith("%}"):
            message = "JSONPath sends this as it stands."
            yield in_state(state, "jsonata-in-jsonpath", message, *place)
        elif not jsonata and not evaluated and _LOOKS_LIKE_A_PATH.fullmatch(text):
            message = f"{text} is sent as it stands: only keys that end in .$ are evaluated."
            yield in_state(state, "path-without-dollar", message, *place)


def _strings(template: Json, *place: Step) -> Iterator[tuple[tuple[Step, ...], str, str]]:
    """The place, key and value of each string of a template's objects. Walks without recursion."""
    pending: list[tuple[tuple[Step, ...], str, Json]] = [(place, "", template)]
    while pending:
        where, key, item = pending.pop()
        if isinstance(item, Mapping):
            pending.extend(((*where, key), key, inner) for key, inner in item.items())
        elif isinstance(item, list):
            pending.extend(((*where, i), "", inner) for i, inner in enumerate(item))
        elif isinstance(item, str) and key:
            yield where, key, item


def _loops(scope: Scope) -> Iterator[Finding]:
    """A loop through a Wait goes round as long as somebody else takes: each turn is more events."""
    for name, state in scope.states.items():
        if state.type != "Wait" or name not in (round := _round(scope, name)):
            continue
        events = sum(_EVENTS.get(scope.states[each].type, 2) for each in round)
        turns = MOST_EVENTS // events
        every = state.raw.get("Seconds")
        after = f", {turns * every / 3600:,.0f} hours" if is_number(every) and every > 0 else ""
        message = (
            f"After about {turns:,} turns{after}, the execution fails at {MOST_EVENTS:,} events."
        )
        yield in_state(state, "loop-to-the-limit", message)
        if any(_asks(scope.states[each]) for each in round):
            message = "It asks whether something is done: a .sync integration or a callback waits."
            yield in_state(state, "polling-loop", message)


def _asks(state: State) -> bool:
    return state.type == "Task" and any(map(_ASKING.search, (state.resource, state.name)))


def _round(scope: Scope, start: str) -> set[str]:
    """The states on ways from this one back to it."""
    ahead, back = _ahead(scope, start), set[str]()
    if start not in ahead:
        return back
    before: dict[str, set[str]] = {name: set() for name in ahead}
    for name in ahead:
        for target in scope.onward(name, caught=False):
            if target in before:
                before[target].add(name)
    pending = [start]
    while pending:
        for name in before[pending.pop()] - back:
            back.add(name)
            pending.append(name)
    return back


def _ahead(scope: Scope, start: str) -> set[str]:
    """The states that come after it, where nothing fails."""
    ahead: set[str] = set()
    pending = [start]
    while pending:
        for name in scope.onward(pending.pop(), caught=False):
            if name not in ahead:
                ahead.add(name)
                pending.append(name)
    return ahead


def _cheaper(definition: Definition, machine_type: MachineType) -> Iterator[Finding]:
    """Express costs $1 for a million starts and its seconds, Standard $25 for a million states."""
    if machine_type is MachineType.EXPRESS:
        limit = definition.raw.get("TimeoutSeconds")
        if is_number(limit) and limit > EXPRESS_SECONDS:
            message = f"An Express execution ends after {EXPRESS_SECONDS} seconds."
            yield on_whole("express-too-long", message, "TimeoutSeconds")
        return
    states = list(definition.all_states)
    lasting = any(
        state.type == "Wait"
        or state.map_mode == "DISTRIBUTED"
        or ":activity:" in state.resource
        or state.resource.rpartition(".")[2] in {"waitForTaskToken", "sync", "sync:2"}
        for state in states
    )
    tasks = [state for state in states if state.type == "Task"]
    bounded = [state.raw.get("TimeoutSeconds") for state in tasks]
    brief = sum(limit for limit in bounded if is_number(limit)) <= EXPRESS_SECONDS
    if tasks and not lasting and brief and all(map(is_number, bounded)):
        message = (
            "It waits for nothing and its tasks' timeouts sum up to five minutes at most: as "
            "EXPRESS it would cost requests and seconds, where at-least-once will do."
        )
        yield on_whole("express-is-cheaper", message)
