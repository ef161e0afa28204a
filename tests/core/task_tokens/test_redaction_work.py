"""What redacting and finding tokens costs grows with the text, whatever stands in it.

Counted are Python's own steps: calls, of functions and of what is written in C. What one call of a
pattern costs is held by the patterns' form: none of them ever goes back.
"""

import re
import sys
from collections.abc import Callable
from functools import partial
from types import FrameType

import pytest

from handrail.core.models import HistoryEvent
from handrail.core.task_tokens import shapes
from handrail.core.task_tokens.finding import learned, tokens_by_state
from handrail.core.task_tokens.redaction import Redactor
from handrail.core.task_tokens.shapes import aws_tokens
from tests.core.definitions import SQS_WAIT, machine, scheduled, task
from tests.core.made_up_tokens import NEW, aws_token

BACKSLASH = "\\"
PAYLOAD = 32 * 1024
TOKENS = tuple(f"{n * 7919:08x}-5a0e-4c39-9f6c-{n * 104729:012x}" for n in range(500))
NEXT_FORM = tuple("ZZ" + aws_token(400, seed=n)[30:] for n in range(100))
UNITS = (
    *("A", "AAAAKgAAAAM", NEW, "AQCE", NEW + "7/Q+x9" * 9, "x" * 199 + " ", "0123456789abcdef"),
    *("%", "%25", "%252B", "=", "\\", "\\/", "\\u002b", '"', '\\"', "tasktoken", "é", "[", "{"),
    *('"tasktoken":"', '"taskToken":"x",', '\\"task_token\\":\\"', '"task', " ", "0b6dc2b1-"),
    *(TOKENS[7], TOKENS[7][:35], TOKENS[7][5:], NEXT_FORM[3][:390], "".join(TOKENS)),
    " ".join(token.replace("/", "%2F") for token in NEXT_FORM),
)


def steps(work: Callable[[], object]) -> int:
    """How many calls it makes."""
    count = 0

    def counted(_frame: FrameType, kind: str, _about: object) -> None:
        nonlocal count
        count += kind in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def long(unit: str, length: int = PAYLOAD) -> str:
    return (unit * (length // len(unit) + 1))[:length]


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: ascii(unit[:20]))
@pytest.mark.parametrize("known", [(), TOKENS, NEXT_FORM], ids=["none", "uuids", "next form"])
def test_twice_the_text_is_twice_the_work(unit: str, known: tuple[str, ...]) -> None:
    redactor = Redactor(known)
    half, whole = long(unit, PAYLOAD // 2), long(unit)
    redactor.text(whole)  # patterns are compiled once

    assert steps(lambda: redactor.text(whole)) <= 2.5 * steps(lambda: redactor.text(half)) + 100
    assert steps(lambda: redactor.text(whole)) <= PAYLOAD


def test_a_text_costs_no_more_for_more_known_tokens() -> None:
    text = long("It isn't there, nor 0b6dc2b1-9c39-4a0e-8f6c-7d1f2a3b4c5d. ")

    few, many = Redactor(TOKENS[:2]), Redactor(TOKENS)

    assert steps(lambda: many.text(text)) == steps(lambda: few.text(text))


def test_learning_one_more_costs_the_same_however_many_are_known() -> None:
    few, many = Redactor(TOKENS[:2]), Redactor(TOKENS[:-1])

    assert steps(lambda: many.learn(TOKENS[-1:])) <= steps(lambda: few.learn(TOKENS[-1:]))


def test_a_token_of_aws_s_shape_needs_no_remembering() -> None:
    text = long("nothing in here ")
    nothing, learned_some = Redactor(), Redactor([aws_token(600, seed=n) for n in range(50)])

    assert steps(lambda: learned_some.text(text)) == steps(lambda: nothing.text(text))


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: ascii(unit[:20]))
@pytest.mark.parametrize(
    "expression",
    [
        None,
        "$$.Task.Token",
        "States.Format('{}A{}A{}', $.a, $$.Task.Token, $.b)",
        "States.Format('{}{}{}', $.a, $$.Task.Token, $.b)",
        "States.Format('{}\"{}\"{}', $.a, $$, $.b)",
        "States.StringSplit($$.Task.Token, ',')",
    ],
)
def test_finding_a_token_takes_work_in_proportion_too(unit: str, expression: str | None) -> None:
    definition = None
    if expression is not None:
        definition = machine({"Ask": task(Resource=SQS_WAIT, Parameters={"Body.$": expression})})
    events = [scheduled({"Body": long(unit, size)}) for size in (PAYLOAD // 2, PAYLOAD)]

    def find(event: HistoryEvent) -> object:
        return list(learned(event, tokens_by_state(event, definition)))

    half, whole = (steps(partial(find, event)) for event in events)

    assert whole <= 2.5 * half + 200
    assert whole <= PAYLOAD


def patterns() -> dict[str, re.Pattern[str]]:
    found: dict[str, re.Pattern[str]] = {}
    for name, value in vars(shapes).items():
        several = (
            (each for pair in value for each in pair) if isinstance(value, tuple) else (value,)
        )
        for number, each in enumerate(several):
            if isinstance(each, re.Pattern):
                found[f"{name}{number}"] = each
    return found


def beginnings(pattern: re.Pattern[str]) -> list[str]:
    """Its alternatives, characters and classes written as x, without groups' marks and without
    what is repeated with a bound."""
    bare = re.sub(r"\\.|\[[^]]*\]", "x", pattern.pattern)
    depth, found = 0, [""]
    for each in bare:
        depth += (each == "(") - (each == ")")
        found = [*found, ""] if each == "|" and not depth else [*found[:-1], found[-1] + each]
    return [re.sub(r"\(\?(?:P<\w+>|\w?:)?|(?:\?|\{\d+(?:,\d+)?\})\+?", "", each) for each in found]


@pytest.mark.parametrize("pattern", patterns().values(), ids=patterns())
def test_no_pattern_ever_goes_back_or_begins_with_what_it_has_read(
    pattern: re.Pattern[str],
) -> None:
    """What repeats without a bound is possessive, and stands behind something else."""
    for each in beginnings(pattern):
        assert re.findall(r"[*+{]", re.sub(r"(?:[*+]|\{\d*,\})\+", "", each)) == []
        assert not re.match(r"\W*\w[*+]|\W*\w\{\d*,\}", each)


@pytest.mark.parametrize("end", ["/", "u002b", "n", '"', ""])
def test_any_number_of_backslashes_is_read_once(end: str) -> None:
    text = f"{NEW}{'b' * 40}{BACKSLASH * 250_000}{end}"
    redactor = Redactor(["++++++++++++++++++++++++", "[a]+[b]+[c]"])

    assert str(redactor.text(text)).startswith("[redacted]")
    assert list(aws_tokens(text)) == [f"{NEW}{'b' * 40}"]
