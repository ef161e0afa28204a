"""Telling a replay from a first start at a process that didn't make that one."""

import asyncio

import pytest

from handrail.usecases.executions import NewExecution, fingerprint_of
from handrail.usecases.lag import REQUEST_S
from tests.fakes import run_until_idle

from .starting import Setting


async def test_a_replay_at_another_process_is_told_from_the_first_start_on(
    setting: Setting,
) -> None:
    await setting.start(key="once")
    await setting.clock.advance(0.01)
    again = await setting.another_process().start(NewExecution("orders", None, key="once"))
    assert again.replayed


@pytest.mark.parametrize("later_s", [0.01, 0.4, 0.99, 1.5])
async def test_a_process_that_doesnt_know_aws_s_clock_asks_once_more(
    setting: Setting, later_s: float
) -> None:
    await setting.clock.advance(0.3)
    first = setting.another_process(knows_the_time=False)
    one = await setting.patient(first.start(NewExecution("orders", None, key="one")))
    assert not one.replayed
    await setting.start(key="two")
    await setting.clock.advance(later_s)
    reads = setting.aws.count("describe")
    other = setting.another_process(knows_the_time=False)
    assert (await setting.patient(other.start(NewExecution("orders", None, key="two")))).replayed
    assert setting.aws.count("describe") <= reads + 1


async def test_starts_that_come_together_share_the_read_that_tells_the_time(
    setting: Setting,
) -> None:
    await setting.clock.advance(0.3)
    service = setting.another_process(knows_the_time=False)
    keys = [str(number) for number in range(50)]
    starts = [
        asyncio.create_task(service.start(NewExecution("orders", None, key=key))) for key in keys
    ]
    await setting.clock.advance(3)
    assert not any([(await start).replayed for start in starts])
    assert setting.aws.count("describe") == 1


async def test_starts_are_answered_though_the_read_that_would_tell_is_not(
    setting: Setting,
) -> None:
    await setting.clock.advance(0.3)
    service = setting.another_process(knows_the_time=False)
    asked = [
        asyncio.create_task(service.start(NewExecution("orders", None, key=key))) for key in "abc"
    ]
    await run_until_idle()
    setting.aws.dates_answers = False
    setting.aws.hold()
    await setting.clock.advance(REQUEST_S)
    assert not any([(await start).replayed for start in asked])


async def test_without_dates_nothing_is_called_a_replay_and_nothing_asked(setting: Setting) -> None:
    await setting.start(key="once")
    await setting.clock.advance(9)
    setting.aws.dates_answers = False
    other = setting.another_process(knows_the_time=False)
    assert not (await other.start(NewExecution("orders", None, key="once"))).replayed
    assert setting.aws.count("describe") == 0


def test_a_fingerprint_is_the_value_s_and_not_the_text_s() -> None:
    assert fingerprint_of('{"a":1,"b":2}') == fingerprint_of('{ "b": 2, "a": 1 }')
    assert fingerprint_of("1") != fingerprint_of("1.0")
