"""`handrail watch` in a pseudo-terminal: what a person sees."""

import asyncio
import json
import re
import signal
from collections.abc import Mapping
from types import MappingProxyType

import pytest

from tests.client.fake_service import (
    EXECUTION,
    READY,
    SUBSCRIBED,
    Close,
    FakeService,
    Script,
    Until,
    complete,
    snapshot,
    state,
    update,
)

from .conftest import Serving
from .terminal import Terminal

FAILING = {
    **state("ChargeTheCard", "RETRYING", entered=1, retries=2),
    "last_error": {
        "error": "CardDeclined",
        "cause": json.dumps({"errorMessage": "the card was declined", "stackTrace": []}),
    },
}


def watching(
    url: str, columns: int = 80, rows: int = 30, more: Mapping[str, str] = MappingProxyType({})
) -> Terminal:
    environment = {"HANDRAIL_URL": url, **more}
    return Terminal("watch", EXECUTION, columns=columns, rows=rows, environment=environment)


def line_of(lines: list[str], word: str) -> str:
    (found,) = (line for line in lines if line.startswith(word))
    return found


@pytest.mark.parametrize("columns", [40, 80, 200])
async def test_the_table_is_drawn_over_and_stays(columns: int, serving: Serving) -> None:
    service = FakeService(
        [[READY, SUBSCRIBED, update("9:3", FAILING), complete("FAILED", error="E")]]
    )
    async with watching(await serving(service), columns) as terminal:
        assert await terminal.ended() == 1
        lines = terminal.screen.seen
    assert lines[0].split()[:2] == [EXECUTION, "FAILED"]
    assert line_of(lines, "Charge ").split()[1] == "RUNNING"
    assert line_of(lines, "ChargeTheCard").split()[1] == "RETRYING"
    assert any("CardDeclined: the card was dec" in line for line in lines)
    assert terminal.screen.unknown == set()


async def test_a_lost_connection_is_one_line_and_comes_back(serving: Serving) -> None:
    seen, again = asyncio.Event(), asyncio.Event()
    dropped: Script = [READY, SUBSCRIBED, Until(seen), Close(1006)]
    back: Script = [Until(again), READY, SUBSCRIBED, update("9:3", FAILING), complete()]
    service = FakeService([dropped, back])
    async with watching(await serving(service)) as terminal:
        await terminal.until(lambda lines: any(line.startswith("Charge") for line in lines))
        seen.set()
        lines = await terminal.until(lambda lines: any("reconnecting" in line for line in lines))
        assert lines[0].split()[:2] == [EXECUTION, "RUNNING"]
        assert [line for line in lines[1:] if line][-1].endswith("reconnecting …")
        assert sum("reconnecting" in line for line in lines) == 1
        again.set()
        assert await terminal.ended() == 0
        lines = terminal.screen.seen
    assert not any("reconnecting" in line for line in lines)
    assert sum(line.startswith("Charge ") for line in lines) == 1


async def test_a_narrower_terminal_leaves_no_rest_of_the_wider_table(serving: Serving) -> None:
    end = asyncio.Event()
    script: Script = [READY, SUBSCRIBED, update("9:3", FAILING), Until(end), complete()]
    async with watching(await serving(FakeService([script])), 120) as terminal:
        await terminal.until(lambda lines: any(line.startswith("ChargeTheCard") for line in lines))
        before = len(terminal.written)
        terminal.resize(45, 30)
        await terminal.until(lambda _: b"\x1b[2J" in terminal.written[before:])
        end.set()
        assert await terminal.ended() == 0
        lines = terminal.screen.seen
    assert [line.split()[0] for line in lines if line] == [
        EXECUTION,
        "State",
        "Charge",
        "ChargeTheCard",
        "CardDeclined:",
    ]


async def test_of_300_states_on_30_rows_those_under_way_are_seen(serving: Serving) -> None:
    states = [state(f"Step{number}", "SUCCEEDED") for number in range(300)]
    states[0] = state("First", "WAITING")
    for number, one in enumerate(states):
        one["last_changed_at"] = f"2026-11-22T07:{number // 60:02}:{number % 60:02}.000Z"
    told = {**SUBSCRIBED, "snapshot": snapshot(*states)}
    service = FakeService([[READY, told, complete()]])
    async with watching(await serving(service), 100, 30) as terminal:
        assert await terminal.ended() == 0
        lines = terminal.screen.seen
    assert line_of(lines, "First").split()[1] == "WAITING"
    assert line_of(lines, "Step299").split()[1] == "SUCCEEDED"
    assert line_of(lines, "…").endswith("more: 274 SUCCEEDED")


@pytest.mark.parametrize("environment", [{"TERM": "dumb"}, {"TERM": ""}])
async def test_a_terminal_that_can_not_draw_gets_lines(
    environment: Mapping[str, str], serving: Serving
) -> None:
    service = FakeService([[READY, SUBSCRIBED, update("9:3", FAILING), complete()]])
    async with watching(await serving(service), 120, more=environment) as terminal:
        assert await terminal.ended() == 0
        lines = terminal.screen.seen
    assert b"\x1b" not in terminal.written
    assert any("CardDeclined: the card was declined" in line for line in lines)


async def test_without_colours_the_table_is_the_same(serving: Serving) -> None:
    service = FakeService([[READY, SUBSCRIBED, update("9:3", FAILING), complete()]])
    async with watching(await serving(service), more={"NO_COLOR": "1"}) as terminal:
        assert await terminal.ended() == 0
        lines = terminal.screen.seen
    assert re.search(rb"\x1b\[[0-9;]*3[0-7]m", terminal.written) is None
    assert line_of(lines, "ChargeTheCard").split()[1] == "RETRYING"


@pytest.mark.parametrize(("sent", "exit_code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
async def test_however_it_is_ended_the_terminal_is_as_before(
    sent: signal.Signals, exit_code: int, serving: Serving
) -> None:
    never = asyncio.Event()
    service = FakeService([[READY, SUBSCRIBED, Until(never)]])
    async with watching(await serving(service)) as terminal:
        await terminal.until(lambda lines: any(line.startswith("Charge") for line in lines))
        terminal.process.send_signal(sent)
        assert await terminal.ended() == exit_code
        await terminal.until(lambda _: terminal.written.rstrip().endswith(b"\x1b[?25h"))
        never.set()
    assert b"Traceback" not in terminal.written
