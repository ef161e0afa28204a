"""Getting an answer to AWS, whatever AWS makes of it."""

from handrail.core.errors import InvalidRequest, Throttled, UpstreamRefused
from tests.fakes import run_until_idle

from .rig import Rig
from .work import LOST, Logs, Work, events


async def test_an_answer_is_sent_again_while_aws_is_away(rig: Rig, logs: Logs) -> None:
    work, rig.jitter = Work(rig), 1
    async with rig.working():
        rig.activities.add("review", "t1")
        rig.tasks.port.fail("succeed", LOST, Throttled("slow"), LOST)
        work.go_on.set()
        await rig.clock.advance(6)
        assert rig.tasks.port.count("succeed") == 3
        await rig.clock.advance(1)
        assert list(rig.tasks.answers) == ["t1"]
    assert events(logs, "warning", "error") == ["answer can't be delivered yet"]


async def test_after_the_heartbeat_window_an_answer_is_given_up(rig: Rig, logs: Logs) -> None:
    work, rig.jitter = Work(rig, heartbeat_s=10), 1
    async with rig.working():
        rig.activities.add("review", "t1")
        rig.tasks.port.fail("succeed", *[LOST] * 100)
        rig.tasks.port.fail("heartbeat", *[LOST] * 100)
        work.go_on.set()
        await rig.clock.advance(29)
        assert events(logs, "error") == []
        await rig.clock.advance(40)
        assert events(logs, "error") == ["answer is lost, the task is left to its timeout"]
        tries = rig.tasks.port.count("succeed")
        await rig.clock.advance(500)
        assert rig.tasks.port.count("succeed") == tries
        rig.activities.add("review", "t2")
        rig.tasks.port._failures.clear()
        await run_until_idle()
    assert list(rig.tasks.answers) == ["t2"]


async def test_heartbeats_that_arrive_keep_an_answer_worth_sending(rig: Rig) -> None:
    work, rig.jitter = Work(rig, heartbeat_s=10), 1
    async with rig.working():
        rig.activities.add("review", "t1")
        rig.tasks.port.fail("succeed", *[LOST] * 10)
        work.go_on.set()
        await rig.clock.advance(200)
    assert list(rig.tasks.answers) == ["t1"]


async def test_a_lost_answer_that_was_applied_is_logged_not_raised(rig: Rig, logs: Logs) -> None:
    work, rig.jitter = Work(rig), 1
    rig.tasks.loses_answers = True
    async with rig.working():
        rig.activities.add("review", "t1")
        rig.tasks.port.fail("succeed", LOST)
        work.go_on.set()
        await rig.clock.advance(2)
        assert rig.tasks.port.count("succeed") == 2
    assert events(logs, "warning")[1:] == [
        "answer was applied by an earlier attempt, or came too late"
    ]


async def test_an_answer_that_comes_too_late_is_logged(rig: Rig, logs: Logs) -> None:
    work = Work(rig)
    async with rig.working():
        rig.activities.add("review", "t1")
        rig.tasks.gone.add("t1")
        work.go_on.set()
        await run_until_idle()
    assert events(logs, "warning", "error") == ["answer came too late"]


async def test_an_output_that_aws_refuses_fails_the_task(rig: Rig) -> None:
    work = Work(rig)
    async with rig.working():
        rig.activities.add("review", "t1")
        rig.tasks.port.fail("succeed", InvalidRequest("The output isn't valid."))
        work.go_on.set()
        await run_until_idle()
    assert rig.tasks.answers["t1"][0] == "InvalidOutput"


async def test_a_failure_that_aws_refuses_too_is_left(rig: Rig, logs: Logs) -> None:
    work = Work(rig)
    async with rig.working():
        rig.activities.add("review", "t1")
        rig.tasks.port.fail("succeed", InvalidRequest("no"))
        rig.tasks.port.fail("fail", InvalidRequest("no"))
        work.go_on.set()
        await run_until_idle()
    assert len(events(logs, "error")) == 1


async def test_credentials_that_are_refused_may_be_mended_in_time(rig: Rig) -> None:
    work, rig.jitter = Work(rig), 0.1
    async with rig.working():
        rig.activities.add("review", "t1")
        rig.tasks.port.fail("succeed", UpstreamRefused("no"))
        work.go_on.set()
        await rig.clock.advance(10)
        assert rig.tasks.port.count("succeed") == 1
        await rig.clock.advance(20)
        assert list(rig.tasks.answers) == ["t1"]
