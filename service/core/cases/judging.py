"""Holds what a case expects against what its execution came to."""

import json
from collections.abc import Callable, Iterator, Sequence
from difflib import SequenceMatcher

from handrail.core.models import Json
from handrail.core.stand_ins.case_file import Expectation

from .outcome import RUNNING, ExecutionOutcome

ReadPath = Callable[[str, Json], Json]
"""The value at a JSONPath; raises LookupError where there is none."""
_LONGEST = 300
_NOT_SUPPORTED = "Handrail.NotSupported"
_MISTAKE = "The stand-in of the state '"
"""Is in the cause where a stand-in or a mock has no answer, or one that is none."""


def mismatches(
    expected: Expectation, outcome: ExecutionOutcome, read_path: ReadPath
) -> Iterator[str]:
    """A sentence for each thing that isn't as expected."""
    if outcome.status == RUNNING:
        waits = ", ".join(outcome.unfinished) or "before its first state"
        yield f"It waits for ever, in {waits}: nobody answers."
        return
    told = expected.given("error") or expected.given("cause")
    if not told and (outcome.error == _NOT_SUPPORTED or _MISTAKE in (outcome.cause or "")):
        yield f"It couldn't run as it would on AWS: {outcome.cause}"
        return
    if expected.status not in (None, outcome.status):
        why = f": {outcome.error}: {outcome.cause}" if outcome.error is not None else ""
        yield f"status: expected {expected.status}, was {outcome.status}{why}"
    for member, was in (("error", outcome.error), ("cause", outcome.cause)):
        wanted = getattr(expected, member)
        if expected.given(member) and wanted != was:
            yield f"{member}: expected {text(wanted)}, was {text(was)}"
    yield from _about_output(expected, outcome, read_path)
    if expected.entered is not None and tuple(expected.entered) != outcome.states:
        yield f"entered: {_sequence_difference(expected.entered, outcome.states)}"
    for name in expected.not_entered:
        if name in outcome.states:
            yield f"not_entered: {name} was entered"


def _about_output(
    expected: Expectation, outcome: ExecutionOutcome, read_path: ReadPath
) -> Iterator[str]:
    if expected.given("output"):
        if outcome.has_output:
            yield from differences(expected.output, outcome.output, "output")
        elif expected.status in (None, outcome.status):
            yield f"output: expected {text(expected.output)}, but there is none"
    for path, wanted in expected.output_paths.items():
        yield from _at_path(path, wanted, outcome, read_path)


def differences(expected: Json, was: Json, where: str) -> Iterator[str]:
    """A line for each place, by its JSONPath, at which two JSON values differ. Whole numbers equal
    floats of their value, as in JSON; true is no number."""
    if isinstance(expected, dict) and isinstance(was, dict):
        for key in [*expected, *(key for key in was if key not in expected)]:
            path = f"{where}.{key}" if key.isidentifier() else f"{where}[{json.dumps(key)}]"
            if key not in was:
                yield f"{path}: expected {text(expected[key])}, but it is missing"
            elif key not in expected:
                yield f"{path}: is {text(was[key])}, which isn't expected"
            else:
                yield from differences(expected[key], was[key], path)
    elif isinstance(expected, list) and isinstance(was, list):
        for index, (one, other) in enumerate(zip(expected, was, strict=False)):
            yield from differences(one, other, f"{where}[{index}]")
        if len(expected) != len(was):
            yield f"{where}: expected {len(expected)} items, were {len(was)}"
    elif expected != was or isinstance(expected, bool) != isinstance(was, bool):
        yield f"{where}: expected {text(expected)}, was {text(was)}"


def text(value: Json) -> str:
    """As JSON, cut where it is long."""
    written = json.dumps(value, ensure_ascii=False)
    return written if len(written) <= _LONGEST else f"{written[: _LONGEST - 1]}…"


def _at_path(
    path: str, wanted: Json, outcome: ExecutionOutcome, read_path: ReadPath
) -> Iterator[str]:
    if not outcome.has_output:
        yield f"output_paths {path}: expected {text(wanted)}, but there is no output"
        return
    try:
        found = read_path(path, outcome.output)
    except LookupError:
        yield f"output_paths {path}: expected {text(wanted)}, but it is missing"
        return
    yield from differences(wanted, found, f"output_paths {path}")


def _sequence_difference(expected: Sequence[str], were: Sequence[str]) -> str:
    """`Charge, - Ship, + Refund, Notify`: what is missing and what is too much, in the order."""
    parts: list[str] = []
    for tag, a, b, c, d in SequenceMatcher(None, expected, were, autojunk=False).get_opcodes():
        if tag == "equal":
            parts.extend(expected[a:b])
            continue
        parts.extend(f"-{name}" for name in expected[a:b])
        parts.extend(f"+{name}" for name in were[c:d])
    return f"{', '.join(parts)} (- expected and not entered, + entered and not expected)"
