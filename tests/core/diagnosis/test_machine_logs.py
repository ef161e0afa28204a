from handrail.core.diagnosis.call_outcomes import CallOutcome, CallResult
from handrail.core.diagnosis.diagnoses import Verdict
from handrail.core.diagnosis.machine_logs import (
    MachineFacts,
    SubscriptionFacts,
    judge_logs,
    judge_machines,
    judge_subscriptions,
    judge_traces,
    judge_trigger,
)
from handrail.core.execution_logging import ExecutionLogging, LogLevel
from handrail.core.models import MachineType

from .outcomes import FINE, ended

ALL = ExecutionLogging(LogLevel.ALL, True, "arn:aws:logs:eu-west-1:1:log-group:/g:*")
STREAM = "arn:aws:kinesis:eu-west-1:1:stream/events"


def machine(
    name: str,
    logging: ExecutionLogging = ALL,
    *,
    type: MachineType = MachineType.STANDARD,
    described: CallOutcome = FINE,
    traced: bool = True,
) -> MachineFacts:
    arn = f"arn:aws:states:eu-west-1:1:stateMachine:{name}"
    return MachineFacts(name, arn, type, described, logging, traced=traced)


def test_a_region_without_state_machines_may_be_the_wrong_one() -> None:
    [found] = judge_machines([], region="eu-west-1")

    assert found.verdict is Verdict.WARNING
    assert "AWS_REGION" in str(found.mend)


def test_a_name_that_isn_t_there_is_missing() -> None:
    missing, _ = judge_machines([machine("a")], region="eu-west-1", only=("a", "b"))

    assert missing.verdict is Verdict.MISSING
    assert missing.text == "eu-west-1 has no state machine b"
    [fine] = judge_machines([machine("orders-a")], region="eu-west-1", only=("orders-*",))
    assert fine.verdict is Verdict.OK


def test_those_that_may_not_be_read_are_named_with_their_statement() -> None:
    denied = machine("b", described=ended(CallResult.DENIED))

    fine, warned = judge_machines([machine("a"), denied], region="eu-west-1", left_out=3)

    assert "3 more" in fine.text
    assert warned.verdict is Verdict.WARNING
    assert ":stateMachine:b" in str(warned.mend)
    # denied altogether, it is a permission that lacks
    assert list(judge_machines([denied], region="eu-west-1")) == []


def test_a_state_machine_that_logs_less_is_polled_and_an_express_one_isn_t_seen() -> None:
    off = ExecutionLogging()
    standard, express = judge_logs([machine("a", off), machine("b", off, type=MachineType.EXPRESS)])

    assert standard.text == "a (OFF): not logged at level ALL, so their executions are polled"
    assert "can't be watched" in express.text
    assert "level=ALL,includeExecutionData=true" in str(standard.mend)


def test_logs_without_execution_data_are_read_besides() -> None:
    bare = ExecutionLogging(LogLevel.ALL, False, ALL.log_group_arn)

    warned, fine = judge_logs([machine("a", bare), machine("b")])

    assert (warned.verdict, fine.verdict) == (Verdict.WARNING, Verdict.OK)
    assert str(ALL.log_group_arn) in str(warned.mend)


def test_a_group_that_sends_elsewhere_isn_t_subscribed() -> None:
    elsewhere = [("", "arn:aws:kinesis:eu-west-1:1:stream/other-events")]
    groups = [
        SubscriptionFacts("/a", FINE, elsewhere),
        SubscriptionFacts("/b", FINE, [("", STREAM)]),
        SubscriptionFacts("/c", FINE, [("ERROR", STREAM)]),
        SubscriptionFacts("/d", ended(CallResult.ABSENT)),
        SubscriptionFacts("/e", ended(CallResult.DENIED)),
        SubscriptionFacts("/f", ended(CallResult.SLOW)),
    ]

    for stream in ("events", STREAM):
        found = list(judge_subscriptions(groups, stream))

        assert [each.verdict for each in found] == [
            Verdict.MISSING,
            Verdict.OK,
            Verdict.WARNING,
            Verdict.MISSING,
            Verdict.NOT_CHECKED,
            Verdict.NOT_CHECKED,
        ]
    assert "LogGroups=/a" in str(found[0].mend)
    assert "logs:DescribeSubscriptionFilters" in str(found[4].mend)


def test_an_emulator_s_logs_are_not_judged() -> None:
    groups = [SubscriptionFacts("/a", FINE), SubscriptionFacts("/b", ended(CallResult.ABSENT))]

    found = list(judge_subscriptions(groups, "events", own_endpoint=True))

    assert {each.verdict for each in found} == {Verdict.NOT_CHECKED}


def test_the_trigger_s_state_machine_is_looked_for() -> None:
    [lacking] = judge_trigger(["a"], "orchestration-prod", stage="prod")
    [there] = judge_trigger(["orchestration-prod"], "orchestration-prod", stage="prod")

    assert lacking.verdict is Verdict.WARNING
    assert "ENVIRONMENT" in str(lacking.mend)
    assert there.verdict is Verdict.OK


def test_traces_end_where_x_ray_is_off() -> None:
    [off] = judge_traces([machine("a"), machine("b", traced=False)])
    [on] = judge_traces([machine("a")])

    assert "b: X-Ray is off" in off.text
    assert "--tracing-configuration enabled=true" in str(off.mend)
    assert on.verdict is Verdict.OK
