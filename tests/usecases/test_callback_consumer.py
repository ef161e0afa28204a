"""Callbacks are taken off the queue as long as the process lives, and nothing ends that."""

from collections.abc import AsyncIterator, Callable, Sequence

import pytest
from structlog.testing import capture_logs

from handrail.core.callback_messages import QueuedMessage
from handrail.core.errors import Throttled, Unavailable, UpstreamRefused
from handrail.usecases.callback_consumer import HELD_S, MOST_IN_HAND, CallbackConsumer
from handrail.usecases.queued_callbacks import Done, Left, QueuedCallbacks, Verdict
from tests.fakes import run_until_idle

from .callback_queue_fake import CallbackSetting
from .settling import Fault
from .test_queued_callbacks import approval, by_token

AWAY = Unavailable("AWS can't be reached or doesn't answer.")
REFUSED = UpstreamRefused("AWS refused.")


@pytest.fixture
async def setting() -> AsyncIterator[CallbackSetting]:
    setting = CallbackSetting()
    yield setting
    await setting.close()


@pytest.fixture
async def ordered() -> AsyncIterator[CallbackSetting]:
    setting = CallbackSetting(fifo=True)
    yield setting
    await setting.close()


class Scripted(QueuedCallbacks):
    """Gives each message the verdict that the test says, and notes which it was asked about."""

    verdict: Callable[[QueuedMessage], Verdict]
    asked: list[str]

    async def answer(self, message: QueuedMessage) -> Verdict:
        self.asked.append(message.id)
        return self.verdict(message)


def scripted(
    setting: CallbackSetting, verdict: Callable[[QueuedMessage], Verdict]
) -> tuple[CallbackConsumer, list[str]]:
    made = setting.callbacks
    callbacks = Scripted(made.tasks, made.queue, made.catalogue, made.meter)
    object.__setattr__(callbacks, "verdict", verdict)
    object.__setattr__(callbacks, "asked", asked := list[str]())
    return setting.consuming(callbacks), asked


def empty(setting: CallbackSetting) -> Callable[[], bool]:
    return lambda: not setting.queue.messages


async def test_a_message_is_settled_and_deleted(setting: CallbackSetting) -> None:
    setting.consuming()
    await setting.clock.advance(50)  # nothing came, which is no matter
    setting.queue.send(approval(setting.wait()))
    await setting.until(empty(setting))
    assert (setting.outcomes(), setting.queue.deleted) == (["TaskSucceeded"], ["message-1"])
    assert setting.queue.shown == []


async def test_one_that_is_dead_lettered_is_deleted_then(setting: CallbackSetting) -> None:
    setting.queue.send("no JSON")
    setting.consuming()
    await setting.until(empty(setting))
    assert setting.queue.calls.index("bury") < setting.queue.calls.index("delete")


async def test_no_more_are_in_hand_than_it_may_hold(setting: CallbackSetting) -> None:
    for _ in range(MOST_IN_HAND + 20):
        setting.queue.send("{}")
    _, asked = scripted(setting, lambda _: Left(15, passing=True))
    await setting.clock.advance(120)
    assert len(set(asked)) == MOST_IN_HAND
    assert len(setting.queue.visible) == 20


async def test_what_waits_for_aws_is_held_out_of_others_sight(setting: CallbackSetting) -> None:
    """So no receipt is counted, and SQS doesn't take it for undeliverable."""
    setting.aws.faults.extend([Fault.THROTTLED] * 12)
    setting.queue.send(approval(setting.wait()))
    setting.consuming()
    await setting.clock.advance(100)
    assert setting.queue.visible == []
    await setting.until(empty(setting))
    assert setting.outcomes() == ["TaskSucceeded"]
    assert {seconds for _, seconds in setting.queue.shown} == {30}


async def test_it_is_held_for_a_quarter_of_an_hour_at_most(setting: CallbackSetting) -> None:
    setting.queue.send("{}")
    scripted(setting, lambda _: Left(15, passing=True))
    await setting.clock.advance(HELD_S - 60)
    assert {seconds for _, seconds in setting.queue.shown} == {30}
    await setting.until(lambda: ("message-1", 15) in setting.queue.shown)


async def test_what_fails_for_another_reason_is_handed_back_at_once(
    setting: CallbackSetting,
) -> None:
    setting.queue.send("{}")
    _, asked = scripted(setting, lambda _: Left(60))
    await setting.clock.advance(59)
    assert (asked, setting.queue.shown) == (["message-1"], [("message-1", 60)])
    await setting.clock.advance(3)
    assert asked == ["message-1", "message-1"]


async def test_a_deletion_that_fails_is_tried_again(setting: CallbackSetting) -> None:
    setting.queue.fail("delete", AWAY, Throttled("Later."), AWAY)
    setting.queue.send(approval(setting.wait()))
    setting.consuming()
    await setting.until(empty(setting))
    assert len(setting.aws.sent) == 1
    assert setting.counts == {"settled": 1}


async def test_one_that_can_t_be_deleted_comes_again_and_is_a_replay(
    setting: CallbackSetting,
) -> None:
    setting.queue.fail("delete", REFUSED)
    setting.queue.send(approval(setting.wait()))
    setting.consuming()
    await setting.until(empty(setting))
    assert len(setting.aws.sent) == 1
    assert setting.counts == {"settled": 1, "replayed": 1}


async def test_a_queue_that_says_at_once_that_it_is_empty_is_asked_once_a_second(
    setting: CallbackSetting, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    async def empty(limit: int, *, wait_s: int, visible_after_s: int) -> Sequence[QueuedMessage]:
        asked.append(wait_s)
        return ()

    monkeypatch.setattr(setting.queue, "receive", empty)
    consumer = setting.consuming()
    await setting.clock.advance(30)
    before = len(asked)
    assert before > 25
    await run_until_idle()  # time stands still
    assert len(asked) == before
    await setting.in_time(consumer.close(0))


@pytest.mark.parametrize("error", [AWAY, REFUSED, RuntimeError("a fault of ours")])
async def test_a_queue_that_fails_is_said_once_and_read_again(
    setting: CallbackSetting, error: Exception
) -> None:
    setting.queue.fail("receive", error, AWAY, AWAY)
    setting.queue.send(approval(setting.wait()))
    with capture_logs() as lines:
        setting.consuming()
        await setting.until(empty(setting))
    told = [line["event"] for line in lines if line["event"].startswith("callback queue")]
    failure = "failed" if isinstance(error, RuntimeError) else "not read"
    assert told[:2] in (
        ["callback queue found", f"callback queue {failure}"],
        [f"callback queue {failure}", "callback queue found"],
    )
    assert told[2:] == ["callback queue read again"]


@pytest.mark.parametrize("has_one", [True, False])
async def test_what_becomes_of_the_undeliverable_is_said_at_the_start(*, has_one: bool) -> None:
    setting = CallbackSetting(dead_letters=has_one)
    setting.queue.fail("dead_letters", REFUSED, REFUSED)
    with capture_logs() as lines:
        setting.consuming()
        await setting.clock.advance(30)
    told = [line["event"] for line in lines]
    warned = [] if has_one else ["callback queue has no dead-letter queue"]
    assert told == ["dead-letter queue unknown", "callback queue found", *warned]
    await setting.close()


async def test_a_group_is_settled_in_order_beside_others(ordered: CallbackSetting) -> None:
    for group in "abab":
        ordered.queue.send("{}", group=group)
    _, asked = scripted(ordered, lambda _: Done())
    await ordered.until(empty(ordered))
    assert asked.index("message-1") < asked.index("message-3")
    assert asked.index("message-2") < asked.index("message-4")


async def test_behind_one_that_is_left_its_group_waits(ordered: CallbackSetting) -> None:
    for group in "aab":
        ordered.queue.send("{}", group=group)
    left = {"message-1"}
    _, asked = scripted(ordered, lambda message: Left(20) if message.id in left else Done())
    await ordered.clock.advance(10)
    assert (asked, ordered.queue.ids) == (["message-1", "message-3"], ["message-1", "message-2"])
    left.clear()
    await ordered.until(empty(ordered))
    assert asked[2:] == ["message-1", "message-2"]


async def test_one_that_is_dead_lettered_holds_up_no_group(ordered: CallbackSetting) -> None:
    ordered.queue.send("no JSON", group="a")
    ordered.queue.send(approval(ordered.wait()), group="a")
    ordered.consuming()
    await ordered.until(empty(ordered))
    assert (len(ordered.queue.buried), ordered.outcomes()) == (1, ["TaskSucceeded"])


async def test_on_ending_what_is_in_hand_is_finished(setting: CallbackSetting) -> None:
    setting.aws.faults.append(Fault.THROTTLED)
    setting.queue.send(approval(setting.wait()))
    consumer = setting.consuming()
    await run_until_idle()
    await setting.in_time(consumer.finish(5))
    assert (setting.outcomes(), setting.queue.deleted) == (["TaskSucceeded"], ["message-1"])
    setting.queue.send("no JSON")
    await setting.clock.advance(60)
    await setting.in_time(consumer.close(5))
    assert setting.queue.visible == ["message-2"]
    assert setting.queue.calls.count("receive") == 2


async def test_what_comes_as_it_is_to_end_is_finished_too(setting: CallbackSetting) -> None:
    consumer = setting.consuming()
    await run_until_idle()
    setting.queue.send("no JSON")  # the poll that waits gets it
    await setting.in_time(consumer.close(5))
    assert (setting.queue.deleted, len(setting.queue.buried)) == (["message-1"], 1)


async def test_what_can_t_be_finished_in_time_is_seen_again_at_once(
    setting: CallbackSetting,
) -> None:
    setting.queue.send(approval(setting.wait()))
    setting.histories.hold()
    consumer = setting.consuming()
    await run_until_idle()
    assert setting.queue.visible == []
    began = setting.clock.monotonic()
    await setting.in_time(consumer.close(1.5))
    assert setting.clock.monotonic() - began <= 2
    assert setting.queue.visible == ["message-1"]
    setting.histories.release()
    another = setting.settling(setting.another_process())
    setting.consuming(another)
    await setting.until(empty(setting))
    assert setting.outcomes() == ["TaskSucceeded"]


async def test_while_aws_is_away_what_is_held_is_left_to_others_on_ending(
    setting: CallbackSetting,
) -> None:
    setting.queue.send("{}")
    consumer, asked = scripted(setting, lambda _: Left(15, passing=True))
    await setting.clock.advance(60)
    before, began_at = len(asked), setting.clock.monotonic()
    await setting.in_time(consumer.close(30))
    assert setting.queue.visible == ["message-1"]
    assert len(asked) > before  # once more, before it is given up
    assert setting.clock.monotonic() - began_at < 1


async def test_its_time_to_end_in_is_given_once(setting: CallbackSetting) -> None:
    """The process has as long as its orchestrator says, and other things to end."""
    setting.queue.send(approval(setting.wait()))
    setting.histories.hold()
    consumer = setting.consuming()
    await run_until_idle()
    began = setting.clock.monotonic()
    await setting.in_time(consumer.finish(30))
    await setting.in_time(consumer.close(30))
    assert setting.clock.monotonic() - began <= 31
    assert setting.queue.visible == ["message-1"]
    setting.histories.release()


async def test_a_fault_in_keeping_it_out_of_sight_is_no_end_of_that(
    setting: CallbackSetting,
) -> None:
    setting.queue.fail("show_after", RuntimeError("a fault of ours"), AWAY)
    setting.queue.send("{}")
    with capture_logs() as lines:
        scripted(setting, lambda _: Left(15, passing=True))
        await setting.clock.advance(120)
    assert setting.queue.shown
    told = [line for line in lines if line["event"] == "callback's visibility not changed"]
    assert [line["code"] for line in told] == ["RuntimeError", "unavailable"]


async def test_it_ends_though_the_queue_doesn_t_answer(setting: CallbackSetting) -> None:
    consumer = setting.consuming()
    setting.queue.hold()
    setting.queue.send("{}")
    await run_until_idle()
    await setting.in_time(consumer.close(1))
    setting.queue.release()
    assert setting.queue.ids == ["message-1"]


async def test_two_processes_settle_nothing_twice(setting: CallbackSetting) -> None:
    body = approval(setting.wait())
    for _ in range(5):
        setting.queue.send(body)
    setting.consuming()
    setting.consuming(setting.settling(setting.another_process()))
    await setting.until(empty(setting))
    assert setting.outcomes() == ["TaskSucceeded"]
    assert setting.counts["settled"] + setting.counts["replayed"] == 5
    assert setting.queue.buried == []


async def test_a_fault_of_ours_frees_what_it_was_about(setting: CallbackSetting) -> None:
    setting.queue.fail("delete", RuntimeError("a fault of ours"))
    setting.queue.send(approval(setting.wait()))
    with capture_logs() as lines:
        setting.consuming()
        await setting.until(empty(setting))
    assert [line["event"] for line in lines].count("callback failed") == 1


async def test_by_token_too(setting: CallbackSetting) -> None:
    setting.wait()
    setting.queue.send(by_token(outcome="failure", error="No"))
    setting.consuming()
    await setting.until(empty(setting))
    assert setting.outcomes() == ["TaskFailed"]
