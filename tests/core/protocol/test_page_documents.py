"""The documents of visits and items, where histories say less than one would wish."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from handrail.core.definition.definition import Definition
from handrail.core.history.item_log import ItemLog, MapVisit
from handrail.core.history.visit_log import Enclosing, VisitLog
from handrail.core.models import Execution, ExecutionId, ExecutionStatus
from handrail.core.protocol.page_documents import (
    branch_of,
    child_document,
    item_document,
    visit_document,
    within_document,
)
from handrail.core.protocol.paths import PATHS
from tests.core.histories import History

AT = datetime(2026, 1, 1, tzinfo=UTC)


def branch(**states: object) -> dict[str, object]:
    return {"StartAt": next(iter(states)), "States": states}


PASS = {"Type": "Pass", "End": True}
INNER = {"Type": "Parallel", "Branches": [branch(X=PASS), branch(Y=PASS)], "End": True}
DEFINITION = Definition.parse(
    json.dumps(branch(Both={"Type": "Parallel", "Branches": [branch(L=PASS), branch(In=INNER)]}))
)


@pytest.mark.parametrize(
    ("parallel", "state", "index"),
    [("Both", "L", 0), ("Both", "In", 1), ("In", "Y", 1), ("In", "L", None), ("No", "L", None)],
)
def test_a_branch_is_the_one_that_has_the_state(
    parallel: str, state: str, index: int | None
) -> None:
    assert branch_of(DEFINITION, parallel, state) == index
    assert branch_of(None, parallel, state) is None


def test_each_parallel_s_branch_is_told_by_what_is_next_inside() -> None:
    around = [Enclosing("Both", "Parallel"), Enclosing("In", "Parallel")]
    shown = within_document(around, "Y", DEFINITION)
    assert [(each["state"], each["index"]) for each in shown] == [("Both", 1), ("In", 1)]


def test_what_stands_at_the_top_is_in_nothing() -> None:
    assert within_document((), "Both", DEFINITION) == []


def test_an_item_whose_index_no_history_says_has_none() -> None:
    history = History()
    history.main.enter("Map", "Each").then("MapStateStarted", length=1)
    history.main.then("MapIterationStarted", name="Each")
    log = ItemLog("Each")
    log.fold(history.events)
    (item,) = log.items
    assert item_document(item, "Each", None)["index"] is None


def test_a_payload_that_isnt_there_is_null() -> None:
    history = History()
    history.main.then("PassStateEntered", name="P")
    log = VisitLog("P", before=None, most=5, max_size=100)
    log.fold(history.events)
    shown = visit_document(log.visits[0], None)
    assert (shown["input"], shown["output"], shown["input_truncated"]) == (None, None, False)


def test_a_running_child_has_not_stopped() -> None:
    id = ExecutionId.parse("order/each:a")
    child = Execution(id, "arn", ExecutionStatus.RUNNING, AT)
    shown = child_document(child, MapVisit(2, ()), "Each", None, PATHS)
    assert (shown["stopped_at"], shown["execution"]) == (None, "order/each:a")
    ended = child_document(replace(child, stopped_at=AT), MapVisit(2, ()), "Each", None, PATHS)
    assert ended["stopped_at"] == "2026-01-01T00:00:00.000Z"
