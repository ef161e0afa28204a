"""An execution that was is recorded from its endpoint, and ends the same way again."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from handrail.core.errors import InvalidRequest, Unavailable
from handrail.core.models import HistoryEvent, Page
from handrail.core.stand_ins.case_file import CaseFile
from handrail.entrypoints.record import children_of, record_from_aws, whole_history
from handrail.settings import Settings
from tests.core.histories import History
from tests.engine.engine_fixture import FUNCTION, Calls, one_state, types
from tests.engine.stand_ins.stood_in import run
from tests.environment import made_up

pytestmark = pytest.mark.asyncio(loop_scope="session")

ACTIVITY = "arn:aws:states:us-east-1:123456789012:activity:nobody-made-it"
SQS = "arn:aws:states:::sqs:sendMessage"
RETRY = [{"ErrorEquals": ["Again"], "IntervalSeconds": 1, "MaxAttempts": 1}]
BRANCH: Any = {
    "StartAt": "In",
    "States": {"In": {"Type": "Task", "Resource": ACTIVITY, "End": True}},
}
AGAIN = {"raise": {"error": "Again", "cause": "too early"}}
CAUGHT = {
    "StartAt": "A",
    "States": {
        "A": {
            "Type": "Task",
            "Resource": SQS,
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Loop"}],
            "Next": "Loop",
        },
        "Loop": {"Type": "Pass", "Next": "B"},
        "B": {"Type": "Task", "Resource": f"{FUNCTION}not-there", "End": True},
    },
}
STORIES: dict[str, tuple[Any, dict[str, Any]]] = {
    "it succeeds": (one_state(Type="Task", Resource=SQS), {"A": {"return": {"MessageId": "1"}}}),
    "a task fails": (one_state(Type="Task", Resource=SQS), {"A": AGAIN}),
    "a function fails": (one_state(Type="Task", Resource=f"{FUNCTION}x"), {"A": AGAIN}),
    "an activity times out": (
        one_state(Type="Task", Resource=ACTIVITY),
        {"A": {"raise": {"error": "States.Timeout"}}},
    ),
    "a retry succeeds": (
        one_state(Type="Task", Resource=ACTIVITY, Retry=RETRY),
        {"A": [[AGAIN, {"return": [1]}]]},
    ),
    "a retry fails too": (
        one_state(Type="Task", Resource=f"{SQS}.waitForTaskToken", Retry=RETRY),
        {"A": AGAIN},
    ),
    "what is caught goes on": (CAUGHT, {"A": AGAIN, "B": {"raise": {"error": "Worse"}}}),
    "a Map's third item fails": (
        one_state(Type="Map", MaxConcurrency=1, ItemProcessor=BRANCH),
        {"In": [{"return": 1}, {"return": 2}, AGAIN]},
    ),
    "a sibling is cut off": (
        one_state(
            Type="Parallel",
            Branches=[
                BRANCH,
                {
                    "StartAt": "Until In began",
                    "States": {
                        "Until In began": {"Type": "Wait", "Seconds": 1, "Next": "Other"},
                        "Other": {**BRANCH["States"]["In"]},
                    },
                },
            ],
        ),
        {"In": {"never": True}, "Other": AGAIN},
    ),
    "a task without support fails": (
        one_state(Type="Task", Resource="arn:aws:states:::http:invoke"),
        {},
    ),
}


@pytest.fixture
def endpoint(calls: Calls, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    made_up(monkeypatch, tmp_path, "AWS_").setenv("AWS_ENDPOINT_URL", calls.engine.endpoint_url)


@pytest.mark.usefixtures("endpoint")
async def test_recorded_executions_end_the_same_way_again(calls: Calls) -> None:
    async def replays(story: str) -> None:
        definition, stand_ins = STORIES[story]
        first = await run(calls, definition, stand_ins, [1, 2, 3])
        recorded = await record_from_aws(Settings(), first["executionArn"])
        case = CaseFile.read(json.loads(json.dumps(recorded.document)))
        again = await run(calls, definition, case.stand_ins, case.input)
        for field in ("status", "error", "cause", "output"):
            if not (story.startswith("a Map") and field == "cause"):
                assert again.get(field) == first.get(field), story
        histories = [await calls.history(one["executionArn"]) for one in (first, again)]
        if "sibling" not in story:  # branches take turns as they like
            assert types(histories[0]) == types(histories[1]), story
        assert "ActivitySucceeded" not in types(histories[1]) or "sibling" not in story
        assert case.expect.status == first["status"]
        assert case.expect.error == first.get("error")

    await asyncio.gather(*map(replays, STORIES))


async def test_only_an_arn_says_which_account_is_meant() -> None:
    with pytest.raises(InvalidRequest, match="the execution is an ARN"):
        await record_from_aws(Settings(), "order:1")


class Histories:
    """Two events a page."""

    def __init__(self, **histories: Sequence[HistoryEvent]) -> None:
        self._histories = histories

    async def read_page(
        self,
        execution_arn: str,
        *,
        limit: int,
        newest_first: bool = False,
        token: str | None = None,
    ) -> Page[HistoryEvent]:
        events, at = self._histories[execution_arn], int(token or 0)
        more = str(at + 2) if at + 2 < len(events) else None
        return Page(tuple(events[at : at + 2]), more)


class MapRuns:
    async def describe(self, arn: str) -> Any:
        raise NotImplementedError

    async def list_children(self, arn: str, **_: Any) -> Any:
        raise Unavailable("AWS is out of reach.")


def story() -> History:
    history = History()
    last = history.write("MapStateEntered", 0, {"name": "M", "input": "[]"})
    last = history.write("MapRunStarted", last, {"mapRunArn": "run"})
    history.write("ExecutionSucceeded", last, {"output": "[]"})
    return history


async def test_all_pages_of_a_history_are_read() -> None:
    events = story().events
    assert await whole_history(Histories(arn=events), "arn") == events


async def test_children_that_cannot_be_read_are_noted() -> None:
    children, notes = await children_of(Histories(), MapRuns(), story().events)
    assert (children, len(notes)) == ([], 1)
    assert notes[0].endswith("can't be read: AWS is out of reach.")


@pytest.mark.usefixtures("endpoint")
async def test_a_task_s_token_is_in_no_recording(calls: Calls) -> None:
    tokens: list[str] = []

    def echo(arguments: Any, context: Any) -> Any:
        tokens.append(context.task_token)
        return {"told": arguments["MessageBody"]["said"]}

    message = {"MessageBody": {"said.$": "States.Format('by {}', $$.Task.Token)"}}
    waiting = one_state(Type="Task", Resource=f"{SQS}.waitForTaskToken", Parameters=message)
    ended = await run(calls, waiting, {"A": echo})
    assert tokens[0] in ended["output"]
    recorded = await record_from_aws(Settings(), ended["executionArn"])
    assert tokens[0] not in json.dumps(recorded.document)
    assert recorded.document["stand_ins"] == {"A": [{"return": {"told": "by [redacted]"}}]}
    assert any("[redacted]" in note for note in recorded.notes)
