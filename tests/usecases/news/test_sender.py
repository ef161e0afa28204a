"""Sending what waits in the outbox."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from handrail.core.errors import Throttled, Unavailable
from handrail.core.news.deliveries import Delivery
from handrail.usecases.news.sender import MOST, MOST_OF_ONE, UNASKED
from tests.fakes import BEGIN, run_until_idle

from .sending import FIRST, SECOND, Sending, delivery, failed, put


@pytest.fixture
async def sending() -> AsyncIterator[Sending]:
    sending = Sending()
    yield sending
    await sending.close()


async def waiting(sending: Sending) -> list[Delivery]:
    return list(await sending.outbox.waiting(1000))


async def test_what_is_due_is_sent_and_leaves_the_outbox(sending: Sending) -> None:
    await put(sending.outbox, delivery("one"), delivery("two", to=SECOND))
    await sending.run()
    assert sending.first.ids == ["orders:one:7"]
    assert sending.second.ids == ["orders:two:7"]
    assert await waiting(sending) == []
    assert sending.meter.counts == [("sent", "webhook")] * 2


async def test_a_lane_is_sent_in_order_one_after_the_other(sending: Sending) -> None:
    sending.first.open.clear()
    await put(sending.outbox, *(delivery("one", event_id) for event_id in (9, 2, 4)))
    await sending.run()
    assert [each.event_id for each in sending.first.asked] == [2]
    sending.first.open.set()
    await sending.run()
    assert [each.event_id for each in sending.first.taken] == [2, 4, 9]
    assert sending.first.most_under_way == 1


async def test_what_is_put_later_is_found_at_once_where_it_is_said(sending: Sending) -> None:
    await sending.run()
    await put(sending.outbox, delivery())
    sending.sender.wake()
    await sending.run()
    assert len(sending.first.taken) == 1


async def test_what_other_processes_put_there_is_found_within_seconds(sending: Sending) -> None:
    await sending.run()
    await put(sending.outbox, delivery())
    await sending.run(5)
    assert len(sending.first.taken) == 1


async def test_a_failure_is_tried_again_later_and_its_lane_waits(sending: Sending) -> None:
    sending.first.failures = [failed()]
    await put(sending.outbox, delivery("one", 2), delivery("one", 3), delivery("two"))
    await sending.run()
    assert sending.first.ids == ["orders:two:7"]
    (first,) = await waiting(sending)
    assert (first.event_id, first.attempts, first.problem) == (2, 1, "answered 500")
    assert first.due_at == BEGIN + timedelta(seconds=5)
    await sending.run(5)
    assert sending.first.ids == ["orders:two:7", "orders:one:2", "orders:one:3"]
    assert [each.body for each in sending.first.asked if each.event_id == 2] == [first.body] * 2


async def test_a_receiver_that_is_busy_is_asked_when_it_said(sending: Sending) -> None:
    sending.first.failures = [failed(retry_after_s=120.0)]
    await put(sending.outbox, delivery())
    await sending.run(119)
    assert len(sending.first.asked) == 1
    await sending.run(2)
    assert len(sending.first.taken) == 1


async def test_what_fails_for_good_is_given_up_and_its_lane_goes_on(sending: Sending) -> None:
    sending.first.failures = [failed("answered 410", final=True)]
    await put(sending.outbox, delivery("one", 2), delivery("one", 3))
    await sending.run()
    (letter,) = (await sending.outbox.letters(10, None)).items
    assert (letter.delivery.event_id, letter.delivery.problem) == (2, "answered 410")
    assert sending.first.ids == ["orders:one:3"]
    assert sending.meter.counts == [("dead", "webhook"), ("sent", "webhook")]


async def test_after_a_day_it_is_given_up(sending: Sending) -> None:
    sending.first.failures = [failed() for _ in range(100)]
    await put(sending.outbox, delivery(at=BEGIN - timedelta(hours=23, minutes=59)))
    await sending.run(61)
    (letter,) = (await sending.outbox.letters(10, None)).items
    assert letter.delivery.attempts == len(sending.first.asked) > 2
    assert letter.given_up_at == BEGIN + timedelta(minutes=1)
    assert await waiting(sending) == []


async def test_what_nobody_here_asks_for_waits_for_a_process_that_knows_who_does(
    sending: Sending,
) -> None:
    unknown = "c" * 12
    await put(sending.outbox, delivery(to=unknown), delivery("two"))
    await sending.run(60)
    (first,) = await waiting(sending)
    assert (first.problem, first.attempts) == (UNASKED, 4)
    assert sending.first.ids == ["orders:two:7"]  # and holds up nobody
    assert sending.meter.counts.count(("failed", "none")) == 4
    await sending.close()
    following = Sending((unknown,), outbox=sending.outbox, clock=sending.clock)
    await following.run(60)
    await following.close()
    assert following.fakes[unknown].ids == ["orders:one:7"]


async def test_what_nobody_asks_for_in_a_day_is_given_up(sending: Sending) -> None:
    await put(sending.outbox, delivery(to="c" * 12, at=BEGIN - timedelta(days=1)))
    await sending.run()
    (letter,) = (await sending.outbox.letters(10, None)).items
    assert letter.delivery.problem == UNASKED
    assert sending.meter.counts == [("dead", "none")]


async def test_a_target_that_takes_too_long_has_failed(sending: Sending) -> None:
    sending.first.open.clear()
    await put(sending.outbox, delivery())
    await sending.run(15)
    assert sending.first.under_way == 0
    (first,) = await waiting(sending)
    assert first.problem == "it took longer than 15 s"


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (Throttled("AWS takes no more of these calls for now.", retry_after_s=60), "AWS takes no"),
        (Unavailable("AWS failed to answer."), "AWS failed to answer."),
        (ZeroDivisionError("secret"), "it failed unexpectedly (ZeroDivisionError)"),
    ],
)
async def test_other_errors_are_failures_too(
    sending: Sending, error: Exception, problem: str
) -> None:
    sending.first.failures = [error]
    await put(sending.outbox, delivery())
    await sending.run()
    (first,) = await waiting(sending)
    assert first.problem is not None
    assert first.problem.startswith(problem)


# How much at once


async def test_a_dead_target_holds_up_no_other(sending: Sending) -> None:
    """However many wait for it, and however long they have."""
    sending.first.open.clear()
    await put(sending.outbox, *(delivery(f"n{n}") for n in range(300)))
    await sending.run()
    assert sending.first.under_way == MOST_OF_ONE
    await put(sending.outbox, *(delivery(f"n{n}", to=SECOND) for n in range(50)))
    sending.sender.wake()
    await sending.run(5)
    assert len(sending.second.taken) == 50
    assert sending.first.most_under_way == MOST_OF_ONE
    assert sending.first.taken == []


async def test_all_together_have_their_limit() -> None:
    ids = [f"{n:012x}" for n in range(10)]
    sending = Sending(ids)
    for id in ids:
        sending.fakes[id].open.clear()
        await put(sending.outbox, *(delivery(f"n{n}", to=id) for n in range(10)))
    await sending.run()
    under_way = [fake.under_way for fake in sending.fakes.values()]
    assert sum(under_way) <= MOST
    assert min(under_way) == max(under_way) == MOST // 10
    await sending.close()


# Stopping


async def test_when_stopped_what_is_under_way_may_end(sending: Sending) -> None:
    sending.first.open.clear()
    await put(sending.outbox, delivery("one", 2), delivery("one", 3))
    await sending.run()
    sending.sender.stop()
    await sending.run(1)
    sending.first.open.set()
    await sending.run()
    assert sending.task is not None
    assert sending.task.done()
    assert [each.event_id for each in sending.first.taken] == [2]
    assert [each.event_id for each in await waiting(sending)] == [3]


async def test_what_doesn_t_end_in_time_stays_in_the_outbox(sending: Sending) -> None:
    sending.first.open.clear()
    await put(sending.outbox, delivery())
    await sending.run()
    sending.sender.stop()
    await sending.run(3)
    assert sending.task is not None
    assert sending.task.done()
    assert sending.first.under_way == 0
    assert await waiting(sending) == [delivery()]


async def test_one_that_waits_stops_at_once(sending: Sending) -> None:
    await sending.run()
    sending.sender.stop()
    await sending.run()
    assert sending.task is not None
    assert sending.task.done()


async def test_cancelled_it_leaves_no_task(sending: Sending) -> None:
    sending.first.open.clear()
    await put(sending.outbox, delivery())
    await sending.run()
    await sending.close()
    assert sending.first.under_way == 0
    assert len(asyncio.all_tasks()) == 1


async def test_who_doesn_t_lead_sends_nothing() -> None:
    leading = True
    sending = Sending(leads=lambda: leading)
    await sending.run()
    leading = False
    await put(sending.outbox, delivery())
    sending.sender.wake()
    await sending.run(30)
    assert sending.first.asked == []
    await sending.close()


# An outbox that is away


def away(**times: int) -> Callable[[str], Awaitable[None]]:
    """Fails so many calls of each of these methods."""

    async def before(name: str) -> None:
        if times.get(name, 0) > 0:
            times[name] -= 1
            raise Unavailable("The bus is away.")

    return before


async def test_what_was_sent_isn_t_sent_again_while_the_outbox_is_away() -> None:
    sending = Sending(before=away(done=3))
    await put(sending.outbox, delivery("one", 2), delivery("one", 3))
    with capture_logs() as logs:
        await sending.run(5)
        assert [each.event_id for each in sending.first.asked] == [2]
        await sending.run(5)
    assert [each.event_id for each in sending.first.asked] == [2, 3]
    told = [each for each in logs if each["event"] == "news outbox doesn't answer"]
    assert len(told) == 3
    await sending.close()


@pytest.mark.parametrize("name", ["due", "next_due_at", "retry", "bury"])
async def test_an_outbox_that_is_away_for_a_while_is_asked_again(name: str) -> None:
    sending = Sending(before=away(**{name: 2}))
    await put(sending.outbox, delivery("one", 2), delivery("two", 2, to=SECOND))
    sending.first.failures = [failed()]
    sending.second.failures = [failed(final=True)]
    await sending.run(20)
    assert sending.first.ids == ["orders:one:2"]
    assert len((await sending.outbox.letters(10, None)).items) == 1
    await sending.close()


async def test_an_outbox_that_fails_for_another_reason_is_asked_again_too() -> None:
    broken = ["due", "done"]

    async def before(name: str) -> None:
        if name in broken:
            broken.remove(name)
            raise ZeroDivisionError

    sending = Sending(before=before)
    await put(sending.outbox, delivery())
    with capture_logs() as logs:
        await sending.run(10)
    assert len(sending.first.asked) == 1
    assert await waiting(sending) == []
    told = [each["event"] for each in logs if each["log_level"] == "error"]
    assert told == ["news outbox failed unexpectedly"] * 2
    await sending.close()


async def test_what_ended_while_the_outbox_was_asked_isn_t_sent_again() -> None:
    answers = asyncio.Event()
    answers.set()

    async def after(name: str) -> None:
        if name == "due":
            await answers.wait()

    sending = Sending(after=after)
    sending.first.open.clear()
    await put(sending.outbox, delivery())
    await sending.run()
    answers.clear()
    sending.sender.wake()
    await run_until_idle()
    sending.first.open.set()
    await run_until_idle()
    answers.set()
    await sending.run(10)
    assert len(sending.first.asked) == 1
    await sending.close()


# What is said


async def test_log_lines_name_the_host_alone(sending: Sending) -> None:
    sending.first.failures = [failed(), failed(final=True)]
    await put(sending.outbox, delivery("one"), delivery("two", to=SECOND))
    with capture_logs() as logs:
        await sending.run(5)
    told = {each["event"]: each for each in logs}
    assert set(told) == {"news delivered", "news not delivered", "news given up"}
    assert told["news not delivered"] == {
        "event": "news not delivered",
        "log_level": "warning",
        "execution": "orders:one",
        "event_id": 7,
        "kinds": ["failed"],
        "subscription": FIRST,
        "target": "https://hooks.example.com",
        "attempts": 1,
        "problem": "answered 500",
        "due_at": "2026-01-01T00:00:05.000Z",
    }
    assert told["news given up"]["log_level"] == "error"
    assert told["news given up"]["attempts"] == 2
    assert told["news delivered"]["attempts"] == 1
    for secret in ("token-", "key=secret", "whsec_"):
        assert secret not in str(logs)
