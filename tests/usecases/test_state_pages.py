"""One state of an execution, page by page: its visits, and a Map's items."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from handrail.core.errors import (
    CursorUnknown,
    InvalidRequest,
    StateMachineNotFound,
    StateNotFound,
    Throttled,
    Unavailable,
    UnsupportedByType,
    UpstreamRefused,
)
from handrail.core.json_text import json_bytes
from handrail.core.models import Cursor, ExecutionStatus
from handrail.core.page_tokens import page_token
from handrail.core.protocol.paths import PATHS
from handrail.core.task_tokens.redaction import REDACTED
from handrail.usecases.live.followed_history import EVENTS_AT_ONCE
from handrail.usecases.map_run_items import MapRunItems
from handrail.usecases.state_pages import (
    EXPRESS_CHILDREN,
    PAGE,
    UNKNOWN_MAP_RUN,
    HistoryFolding,
    PageRequest,
    StatePages,
)
from tests.core.definitions import AWS_TOKEN, SQS_WAIT
from tests.core.histories import History, Track, item, items_of, map_of, parallel
from tests.fakes import map_run, map_run_arn

from .live.stage import EPOCH, ID, Stage

PASS = {"Type": "Pass", "End": True}
ARN = map_run_arn("each")


def scope(**states: Any) -> dict[str, Any]:
    return {"StartAt": next(iter(states)), "States": states}


def distributed(kind: str = "STANDARD", **states: Any) -> dict[str, Any]:
    config = {"Mode": "DISTRIBUTED", "ExecutionType": kind}
    processor = {"ProcessorConfig": config, **scope(**(states or {"Work": PASS}))}
    return {"Type": "Map", "ItemProcessor": processor, "End": True}


DEFINITION = scope(
    Again={"Type": "Pass", "Next": "Each"},
    Each={"Type": "Map", "ItemProcessor": scope(Ship=PASS), "Next": "Both"},
    Both={"Type": "Parallel", "Branches": [scope(L=PASS), scope(R=PASS)], "Next": "Approve"},
    Approve={
        "Type": "Task",
        "Resource": SQS_WAIT,
        "Parameters": {"MessageBody": {"token.$": "$$.Task.Token"}},
        "End": True,
    },
)


def read(document: Any) -> Any:
    """As clients have it."""
    return json.loads(json_bytes(document))


class Desk(Stage):
    def __init__(self, definition: Any = DEFINITION, **limits: Any) -> None:
        super().__init__(**limits)
        self.machines.definitions["orders"] = json.dumps(definition)
        self.states = StatePages(
            self.hub,
            MapRunItems(self.source.map_runs, self.budget.lists),
            PATHS,
            HistoryFolding(self.hub),
        )

    async def visits(self, state: str, page: str | None = None, **asked: Any) -> Any:
        return read(await self.states.visits(PageRequest(ID, state, page, **asked)))

    async def items(
        self, state: str, page: str | None = None, *, status: ExecutionStatus | None = None
    ) -> Any:
        return read(await self.states.items(PageRequest(ID, state, page), status))


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    desk = Desk()
    yield desk
    await desk.hub.close()


def loop(history: History, times: int, *, size: int = 0) -> None:
    for number in range(times):
        payload = json.dumps({"n": number, "pad": "x" * size})
        history.main.then("PassStateEntered", name="Again", input=payload)
        history.main.then("PassStateExited", name="Again", output=payload)


async def all_pages(desk: Desk, state: str = "Again") -> list[list[Any]]:
    found, page = [], None
    while True:
        answer = await desk.visits(state, page)
        found.append(answer["visits"])
        if (page := answer["next_page"]) is None:
            return found


class TestVisits:
    async def test_they_come_newest_first_with_what_went_in_and_out(self, desk: Desk) -> None:
        loop(desk.execution(), 2)
        answer = await desk.visits("Again")
        assert [visit["input"]["n"] for visit in answer["visits"]] == [1, 0]
        assert answer["visits"][0] == {
            "state": "Again",
            "type": "Pass",
            "status": "SUCCEEDED",
            "entered_at": "2026-01-01T00:00:00.400Z",
            "exited_at": "2026-01-01T00:00:00.500Z",
            "input": {"n": 1, "pad": ""},
            "output": {"n": 1, "pad": ""},
            "input_truncated": False,
            "output_truncated": False,
            "error": None,
            "cause": None,
            "attempts": 1,
            "child_execution": None,
            "event_ids": [4, 5],
            "within": [],
        }
        assert answer["cursor"] == f"{EPOCH}:5"
        assert (answer["state"], answer["next_page"]) == ("Again", None)

    async def test_what_aws_cut_short_is_said_to_be(self, desk: Desk) -> None:
        history = desk.execution()
        cut = {"truncated": True}
        history.main.then("PassStateEntered", name="Again", input='{"a": "b', inputDetails=cut)
        (visit,) = (await desk.visits("Again"))["visits"]
        assert (visit["input"], visit["input_truncated"]) == ('{"a": "b', True)
        assert (visit["output"], visit["output_truncated"]) == (None, False)

    async def test_pages_hold_all_visits_once(self, desk: Desk) -> None:
        loop(desk.execution(), 2 * PAGE + 1)
        pages = await all_pages(desk)
        assert [len(page) for page in pages] == [PAGE, PAGE, 1]
        numbers = [visit["input"]["n"] for page in pages for visit in page]
        assert numbers == [*reversed(range(2 * PAGE + 1))]

    async def test_a_page_holds_still_while_the_execution_goes_on(self, desk: Desk) -> None:
        history = desk.execution()
        loop(history, PAGE + 3)
        first = await desk.visits("Again")
        loop(history, 5)
        await desk.clock.advance(2)
        second = await desk.visits("Again", first["next_page"])
        assert [visit["input"]["n"] for visit in second["visits"]] == [2, 1, 0]

    async def test_a_page_is_bounded_in_size(self, desk: Desk) -> None:
        loop(desk.execution(), 30, size=200_000)
        pages = await all_pages(desk)
        assert sum(map(len, pages)) == 30
        assert all(len(json.dumps(page)) < 2_000_000 for page in pages)

    async def test_a_state_not_entered_yet_has_none(self, desk: Desk) -> None:
        desk.execution().main.visit("Pass", "Again")
        answer = await desk.visits("Approve")
        assert (answer["visits"], answer["child_executions_of"]) == ([], None)

    @pytest.mark.parametrize("state", ["again", "Nowhere", "é / ?&=\n"])
    async def test_a_state_that_isnt_in_the_definition_is_named(
        self, desk: Desk, state: str
    ) -> None:
        desk.execution().main.visit("Pass", "Again")
        with pytest.raises(StateNotFound, match="no state named") as raised:
            await desk.visits(state)
        assert state in raised.value.detail

    async def test_a_name_of_any_length_is_named_in_part(self, desk: Desk) -> None:
        desk.execution().main.visit("Pass", "Again")
        with pytest.raises(StateNotFound) as raised:
            await desk.visits("x" * 5_000)
        assert len(raised.value.detail) < 200

    async def test_without_a_definition_what_wasnt_entered_has_no_visits(self, desk: Desk) -> None:
        desk.execution().main.visit("Pass", "Again")
        desk.machines.fail("describe_for_execution", UpstreamRefused("no"))
        assert (await desk.visits("Nowhere"))["visits"] == []

    async def test_a_definition_that_cant_be_read_now_is_worth_another_try(
        self, desk: Desk
    ) -> None:
        desk.execution().main.visit("Pass", "Again")
        desk.machines.fail("describe_for_execution", Throttled("later"))
        with pytest.raises(Throttled):
            await desk.visits("Nowhere")

    async def test_what_was_entered_needs_no_definition(self, desk: Desk) -> None:
        desk.execution().main.visit("Pass", "Again")
        await desk.visits("Again")
        assert desk.machines.calls.count("describe_for_execution") == 0

    async def test_a_branch_is_told_by_its_index(self, desk: Desk) -> None:
        left, right = parallel(desk.execution().main, "Both")
        left.visit("Pass", "L")
        right.visit("Pass", "R")
        for index, state in enumerate("LR"):
            (visit,) = (await desk.visits(state))["visits"]
            assert visit["within"] == [{"state": "Both", "type": "Parallel", "index": index}]

    async def test_a_branch_that_cant_be_told_is_null(self, desk: Desk) -> None:
        left, _ = parallel(desk.execution().main, "Both")
        left.visit("Pass", "L")
        desk.machines.fail("describe_for_execution", Throttled("later"))
        (visit,) = (await desk.visits("L"))["visits"]
        assert visit["within"] == [{"state": "Both", "type": "Parallel", "index": None}]

    async def test_task_tokens_are_redacted(self, desk: Desk) -> None:
        parameters = json.dumps({"MessageBody": {"token": AWS_TOKEN}})
        track = (
            desk.execution()
            .main.enter("Task", "Approve")
            .then(
                "TaskScheduled",
                resourceType="sqs",
                resource="sendMessage.waitForTaskToken",
                parameters=parameters,
            )
        )
        done = json.dumps({"was": AWS_TOKEN})
        track.then("TaskSucceeded", output=done).then(
            "TaskStateExited", name="Approve", output=done
        )
        answer = await desk.visits("Approve")
        assert answer["visits"][0]["output"] == {"was": REDACTED}
        assert AWS_TOKEN not in json.dumps(answer)

    async def test_a_state_in_a_distributed_map_runs_in_its_children(self) -> None:
        inner = {"Type": "Parallel", "Branches": [scope(Deep=PASS)], "End": True}
        desk = Desk(scope(Each=distributed(Fan=inner)))
        desk.execution()
        for state in ("Fan", "Deep"):
            answer = await desk.visits(state)
            assert (answer["visits"], answer["child_executions_of"]) == ([], "Each")
        assert (await desk.visits("Each"))["child_executions_of"] is None
        await desk.hub.close()


class TestPages:
    @pytest.mark.parametrize("page", ["x", f"{EPOCH}:4", ""])
    async def test_what_is_no_page_is_refused_in_words(self, desk: Desk, page: str) -> None:
        loop(desk.execution(), 1)
        for ask in (desk.visits, desk.items):
            with pytest.raises(InvalidRequest) as raised:
                await ask("Again", page)
            assert raised.value.errors[0].path in {"page", "state"}

    async def test_a_page_of_another_state_or_list_is_refused(self, desk: Desk) -> None:
        history = desk.execution()
        loop(history, PAGE + 1)
        map_of(history.main, "Each", 1)
        page = (await desk.visits("Again"))["next_page"]
        for asking in (desk.visits("Each", page), desk.items("Each", page)):
            with pytest.raises(InvalidRequest):
                await asking

    async def test_a_page_of_an_execution_that_began_at_the_same_time_is_refused(
        self, desk: Desk
    ) -> None:
        loop(desk.execution(), PAGE + 1)
        page = (await desk.visits("Again"))["next_page"]
        loop(desk.execution("orders:two"), 1)
        with pytest.raises(InvalidRequest):
            await desk.states.visits(PageRequest("orders:two", "Again", page))

    async def test_a_page_of_an_earlier_execution_of_the_name_is_gone(self, desk: Desk) -> None:
        loop(desk.execution(), 1)
        page = page_token(f"visits {ID} Again", {"epoch": EPOCH - 86_400_000, "before": 4})
        with pytest.raises(CursorUnknown):
            await desk.visits("Again", page)

    async def test_an_express_execution_has_none(self, desk: Desk) -> None:
        with pytest.raises(UnsupportedByType):
            await desk.states.visits(PageRequest("orders:one:run", "Again"))

    async def test_nothing_older_is_shown_than_the_cursor_that_came(self, desk: Desk) -> None:
        history = desk.execution()
        loop(history, 1)
        asking = asyncio.ensure_future(desk.visits("Again", after=Cursor(EPOCH, 5)))
        await desk.clock.advance(0.1)
        loop(history, 1)
        await desk.clock.advance(2)
        assert len((await asking)["visits"]) == 2


class TestReading:
    async def test_what_is_in_memory_isnt_read_again(self, desk: Desk) -> None:
        loop(desk.execution(), 700)
        await desk.visits("Again")
        with desk.no_reads():
            await desk.visits("Again")

    async def test_what_memory_no_longer_holds_is_read_again_by_thousands(self) -> None:
        desk = Desk(log_bytes=1_000)
        loop(desk.execution(), 1_200)
        async with desk.hub.watching(ID):
            before = desk.read_count
            pages = await all_pages(desk)
        assert sum(map(len, pages)) == 1_200
        assert desk.read_count - before == 3 * len(pages)
        await desk.hub.close()

    async def test_reading_again_is_of_the_principal_s_share(self) -> None:
        desk = Desk(log_bytes=1_000, principal_reads_per_s=0.1)
        loop(desk.execution(), 3_000)
        due = desk.hub.due_at("somebody")
        assert due == desk.clock.monotonic()
        await desk.visits("Again", principal="somebody")
        assert desk.hub.due_at("somebody") > desk.clock.monotonic() + 10
        assert desk.hub.due_at("another") == desk.clock.monotonic()
        await desk.hub.close()

    async def test_reads_that_fall_behind_are_worth_another_try(self) -> None:
        desk = Desk(log_bytes=1_000)
        history = desk.execution()
        loop(history, 20)
        async with desk.hub.watching(ID):
            desk.histories.missing = {40}
            with pytest.raises(Unavailable):
                await desk.visits("Again")
        await desk.hub.close()

    async def test_a_failed_read_is_what_it_is_and_the_next_one_works(self) -> None:
        desk = Desk(log_bytes=1_000)
        loop(desk.execution(), 20)
        async with desk.hub.watching(ID):
            desk.histories.fail("read_page", Throttled("later"))
            with pytest.raises(Throttled):
                await desk.visits("Again")
            again = asyncio.ensure_future(desk.visits("Again"))
            await desk.clock.advance(0.5)
            assert len((await again)["visits"]) == 20
        await desk.hub.close()

    async def test_others_go_on_while_a_long_history_is_folded(self, desk: Desk) -> None:
        loop(desk.execution(), 5 * EVENTS_AT_ONCE)
        await desk.visits("Again")
        turns, done = 0, asyncio.ensure_future(desk.visits("Again"))
        while not done.done():
            turns += 1
            await asyncio.sleep(0)
        assert turns >= 10

    async def test_many_at_once_take_turns(self, desk: Desk) -> None:
        loop(desk.execution(), 5 * EVENTS_AT_ONCE)
        await desk.visits("Again")
        turns, asking = 0, [asyncio.ensure_future(desk.visits("Again")) for _ in range(20)]
        while not all(each.done() for each in asking):
            turns += 1
            await asyncio.sleep(0)
        assert turns >= 20 * 10, "each folds ten times, and no two in one turn of the loop"
        assert {len((await each)["visits"]) for each in asking} == {PAGE}


class TestItems:
    async def test_an_inline_map_s_are_its_iterations(self, desk: Desk) -> None:
        first, second = map_of(desk.execution().main, "Each", 2)
        first.task("Ship").aside("MapIterationSucceeded", name="Each", index=0)
        second.enter("Task", "Ship").schedule()
        answer = await desk.items("Each")
        assert [(i["index"], i["status"]) for i in answer["items"]] == [
            (0, "SUCCEEDED"),
            (1, "RUNNING"),
        ]
        assert answer["items"][1] == {
            "index": 1,
            "name": None,
            "status": "RUNNING",
            "started_at": "2026-01-01T00:00:00.500Z",
            "stopped_at": None,
            "error": None,
            "cause": None,
            "execution": None,
            "map_event_id": 2,
            "within": [],
            "links": {},
        }
        assert answer["counts"] == items_of(total=2, running=1, succeeded=1)
        assert (answer["unlisted"], answer["next_page"]) == (None, None)

    async def test_they_can_be_asked_for_by_status(self, desk: Desk) -> None:
        first, _ = map_of(desk.execution().main, "Each", 2)
        first.enter("Task", "Ship").schedule().fails()
        first.aside("MapIterationFailed", name="Each", index=0)
        (failed,) = (await desk.items("Each", status=ExecutionStatus.FAILED))["items"]
        assert (failed["index"], failed["error"], failed["cause"]) == (0, "Boom", "it broke")
        assert (await desk.items("Each", status=ExecutionStatus.TIMED_OUT))["items"] == []

    async def test_pages_hold_all_items_once_while_the_map_goes_on(self, desk: Desk) -> None:
        history = desk.execution()
        map_of(history.main, "Each", PAGE + 2)
        first = await desk.items("Each")
        item(Track(history, history.main.last), "Each", PAGE + 2)
        await desk.clock.advance(2)
        second = await desk.items("Each", first["next_page"])
        assert [i["index"] for i in first["items"]] == [*range(PAGE)]
        assert [i["index"] for i in second["items"]] == [PAGE, PAGE + 1, PAGE + 2]
        assert second["next_page"] is None

    async def test_a_page_is_good_for_its_status_alone(self, desk: Desk) -> None:
        map_of(desk.execution().main, "Each", PAGE + 2)
        page = (await desk.items("Each"))["next_page"]
        with pytest.raises(InvalidRequest):
            await desk.items("Each", page, status=ExecutionStatus.FAILED)

    async def test_a_map_not_entered_yet_has_none(self, desk: Desk) -> None:
        desk.execution()
        answer = await desk.items("Each")
        assert (answer["items"], answer["counts"]) == ([], None)

    @pytest.mark.parametrize("entered", [True, False])
    async def test_only_a_map_has_items(self, desk: Desk, entered: bool) -> None:
        history = desk.execution()
        if entered:
            history.main.visit("Pass", "Again")
        with pytest.raises(InvalidRequest, match="only a Map") as raised:
            await desk.items("Again")
        assert raised.value.errors[0].path == "state"

    async def test_a_state_that_isnt_in_the_definition_is_named(self, desk: Desk) -> None:
        desk.execution()
        with pytest.raises(StateNotFound, match="Nowhere"):
            await desk.items("Nowhere")


class TestDistributedItems:
    def begin(self, desk: Desk, arn: str = ARN) -> Track:
        track = desk.execution().main
        return self.begun(track, arn)

    def begun(self, track: Track, arn: str) -> Track:
        track.enter("Map", "Each").then("MapStateStarted", length=3)
        return track.then("MapRunStarted", mapRunArn=arn)

    async def test_they_are_child_executions(self) -> None:
        desk = Desk(scope(Each=distributed()))
        self.begin(desk)
        desk.map_runs.runs[ARN] = map_run(ended=False, running=1, succeeded=1, pending=1)
        desk.map_runs.add_child(ARN, "a")
        desk.map_runs.add_child(ARN, "b", ExecutionStatus.RUNNING)
        answer = await desk.items("Each")
        assert [i["name"] for i in answer["items"]] == ["b", "a"]
        shown = answer["items"][1]
        assert (shown["execution"], shown["index"]) == ("orders/each:a", None)
        assert shown["links"]["self"] == "/v1/executions/orders%2Feach:a"
        assert (shown["status"], shown["error"], shown["map_event_id"]) == ("SUCCEEDED", None, 2)
        assert answer["counts"] == items_of(total=3, running=1, succeeded=1)
        await desk.hub.close()

    async def test_pages_go_through_all_visits(self) -> None:
        desk = Desk(scope(Each=distributed()))
        track = self.begin(desk).then("MapRunSucceeded").exit("Map", "Each")
        second = map_run_arn("each", "run-2")
        self.begun(track, second)
        for number in range(PAGE + 1):
            desk.map_runs.add_child(second, f"new-{number}")
        desk.map_runs.add_child(ARN, "old")
        first = await desk.items("Each")
        assert len(first["items"]) == PAGE
        rest = await desk.items("Each", first["next_page"])
        assert [i["name"] for i in rest["items"]] == ["new-0", "old"]
        assert rest["next_page"] is None
        await desk.hub.close()

    async def test_of_express_children_the_counts_are_known(self) -> None:
        desk = Desk(scope(Each=distributed("EXPRESS")))
        self.begin(desk)
        desk.map_runs.runs[ARN] = map_run(succeeded=3)
        answer = await desk.items("Each")
        assert (answer["items"], answer["unlisted"]) == ([], EXPRESS_CHILDREN)
        assert answer["counts"] == items_of(total=3, succeeded=3)
        assert desk.map_runs.count("list_children") == 0
        await desk.hub.close()

    async def test_a_map_run_that_aws_forgot_lists_nothing_and_says_so(self) -> None:
        desk = Desk(scope(Each=distributed()))
        self.begin(desk)
        desk.map_runs.fail("list_children", StateMachineNotFound("no"))
        answer = await desk.items("Each")
        assert (answer["items"], answer["unlisted"]) == ([], UNKNOWN_MAP_RUN)
        await desk.hub.close()

    async def test_that_they_are_express_may_be_for_aws_to_say(self) -> None:
        desk = Desk(scope(Each=distributed()))
        self.begin(desk)
        desk.map_runs.fail("list_children", UnsupportedByType("no"))
        answer = await desk.items("Each")
        assert (answer["unlisted"], answer["counts"]) == (EXPRESS_CHILDREN, None)
        await desk.hub.close()
