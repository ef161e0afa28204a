from typing import Any

import pytest

from handrail.core.diagnosis.call_outcomes import CallResult
from handrail.core.diagnosis.diagnoses import Diagnosis, Verdict
from handrail.core.diagnosis.socket_storage import (
    KEYS,
    QueueFacts,
    TableFacts,
    judge_queue,
    judge_table,
)

from .outcomes import FINE, ended


def found(index: str | None = "due", **facts: Any) -> list[Diagnosis]:
    given: dict[str, Any] = {"described": FINE, "expiry": FINE, "keys": KEYS}
    given |= {"indexes": frozenset({"due"}), "expires_by": "expires_at"}
    table = TableFacts("sockets", **given | facts)
    return list(judge_table(table, index=index, expires_by="expires_at"))


def test_a_table_of_the_right_make() -> None:
    assert [each.verdict for each in found()] == [Verdict.OK]


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"keys": {"id": "HASH"}}, "keys pk"),
        ({"indexes": frozenset()}, "index due"),
        ({"described": ended(CallResult.ABSENT)}, "no table sockets"),
    ],
)
def test_one_of_another_make_or_none(facts: dict[str, Any], said: str) -> None:
    [missing] = found(**facts)

    assert missing.verdict is Verdict.MISSING
    assert said in missing.text


def test_tickets_alone_need_no_index() -> None:
    assert [each.verdict for each in found(None, indexes=frozenset())] == [Verdict.OK]


def test_a_table_in_which_nothing_expires_grows() -> None:
    _, warned = found(expires_by=None)

    assert "AttributeName=expires_at" in str(warned.mend)


def test_what_may_not_be_asked_is_not_checked() -> None:
    [unknown] = found(described=ended(CallResult.DENIED))

    assert unknown.verdict is Verdict.NOT_CHECKED


@pytest.mark.parametrize(
    ("result", "verdict"),
    [
        (CallResult.ANSWERED, Verdict.OK),
        (CallResult.ABSENT, Verdict.MISSING),
        (CallResult.DENIED, Verdict.NOT_CHECKED),
    ],
)
def test_a_queue(result: CallResult, verdict: Verdict) -> None:
    [one] = judge_queue(QueueFacts("https://sqs/1/q", ended(result)))

    assert one.verdict is verdict
