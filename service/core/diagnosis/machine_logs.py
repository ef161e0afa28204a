"""Judges how state machines are set up: whether they can be read, what they log, where it goes."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from handrail.core.execution_logging import ExecutionLogging, LogLevel
from handrail.core.machine_patterns import MachinePatterns
from handrail.core.models import MachineType

from .call_outcomes import CallOutcome, CallResult
from .diagnoses import Diagnosis, Verdict, listed
from .permissions import statement

MACHINES, LOGS, SUBSCRIPTION = "state machines", "logs", "subscription"
_UNLOGGED = {
    MachineType.STANDARD: "their executions are polled",
    MachineType.EXPRESS: "their executions can't be watched",
}


@dataclass(frozen=True, slots=True)
class MachineFacts:
    """`described` is what came of DescribeStateMachine; the rest is known where it answered.
    `distributed` is whether a Map of it starts child executions."""

    name: str
    arn: str
    type: MachineType
    described: CallOutcome
    logging: ExecutionLogging = field(default_factory=ExecutionLogging)
    traced: bool = False
    distributed: bool = False


@dataclass(frozen=True, slots=True)
class SubscriptionFacts:
    """Who a log group's lines are sent to: each filter's pattern, and the ARN it sends to."""

    log_group: str
    asked: CallOutcome
    filters: Sequence[tuple[str, str]] = ()


def judge_machines(
    machines: Sequence[MachineFacts],
    *,
    region: str,
    only: Collection[str] = (),
    left_out: int = 0,
) -> Iterator[Diagnosis]:
    """`only` are the names, or patterns of names, that were asked for; `left_out` how many state
    machines weren't looked at, beside these."""
    names = [each.name for each in machines]
    lacking = [each for each in only if not any(map(MachinePatterns((each,)).match, names))]
    lacking = [] if left_out else lacking
    if lacking or not machines:
        text = f"{region} has no state machine {listed(lacking)}".rstrip()
        mend = "handrail deploy, or AWS_REGION=… of where they are"
        verdict = Verdict.MISSING if lacking else Verdict.WARNING
        yield Diagnosis(MACHINES, verdict, text, mend)
    readable = [each for each in machines if each.described.answered]
    if readable:
        more = f"; {left_out} more weren't looked at: name those you mean" if left_out else ""
        kinds = [
            f"{len(of_kind)} {kind.value.title()}"
            for kind in MachineType
            if (of_kind := [each for each in readable if each.type is kind])
        ]
        yield Diagnosis(MACHINES, Verdict.OK, f"{' and '.join(kinds)} can be read{more}")
    denied = [each for each in machines if each.described.result is CallResult.DENIED]
    if denied and readable:  # else the permission is missing altogether, and is said there
        text = f"{listed(each.name for each in denied)}: listed, but these may not be read"
        arns = [each.arn for each in denied[:5]]
        mend = statement(["states:DescribeStateMachine"], arns)
        yield Diagnosis(MACHINES, Verdict.WARNING, text, mend)
    odd = [e for e in machines if not e.described.answered and e not in denied]
    for why in dict.fromkeys(each.described.why for each in odd):
        so = listed(each.name for each in odd if each.described.why == why)
        yield Diagnosis(MACHINES, Verdict.NOT_CHECKED, f"{so}: {why}")


def judge_trigger(names: Iterable[str], trigger: str, *, stage: str) -> Iterator[Diagnosis]:
    """`trigger` is what POST /trigger-workflow starts."""
    if trigger not in set(names):
        text = f"there is no {trigger}, which POST /trigger-workflow starts"
        mend = f"ENVIRONMENT=… of another stage than {stage}, or handrail deploy"
        yield Diagnosis("trigger", Verdict.WARNING, text, mend)
    else:
        yield Diagnosis("trigger", Verdict.OK, f"POST /trigger-workflow starts {trigger}")


def judge_logs(machines: Sequence[MachineFacts]) -> Iterator[Diagnosis]:
    """Where a stream is set that their events are to come by."""
    readable = [each for each in machines if each.described.answered]
    quiet = [each for each in readable if each.logging.level is not LogLevel.ALL]
    bare = [e for e in readable if e not in quiet and not e.logging.include_execution_data]
    for type, so in _UNLOGGED.items():
        if some := [each for each in quiet if each.type is type]:
            names = listed(f"{each.name} ({each.logging.level})" for each in some)
            text = f"{names}: not logged at level ALL, so {so}"
            yield Diagnosis(LOGS, Verdict.WARNING, text, _log_everything(some[0]))
    if bare:
        text = f"{listed(e.name for e in bare)}: logged without execution data, which is then read"
        yield Diagnosis(LOGS, Verdict.WARNING, text, _log_everything(bare[0]))
    if len(quiet) + len(bare) < len(readable):
        good = len(readable) - len(quiet) - len(bare)
        text = f"{good} state machine{'s' * (good > 1)} at level ALL, with execution data"
        yield Diagnosis(LOGS, Verdict.OK, text)


def judge_traces(machines: Sequence[MachineFacts]) -> Iterator[Diagnosis]:
    """Where traces are on: a start's trace goes on in the states of those that X-Ray traces."""
    readable = [each for each in machines if each.described.answered]
    without = [each for each in readable if not each.traced]
    if without:
        text = (
            f"{listed(each.name for each in without)}: X-Ray is off, so a trace ends at the start"
        )
        mend = (
            f"aws stepfunctions update-state-machine --state-machine-arn {without[0].arn}"
            " --tracing-configuration enabled=true"
        )
        yield Diagnosis("traces", Verdict.WARNING, text, mend)
    elif readable:
        yield Diagnosis("traces", Verdict.OK, "X-Ray is on for every state machine")


def judge_subscriptions(
    found: Sequence[SubscriptionFacts], stream: str, *, own_endpoint: bool = False
) -> Iterator[Diagnosis]:
    """`stream` is a name, or an ARN. An endpoint of one's own may push without knowing of log
    groups, or of their filters."""
    name = stream.rpartition("/")[2]
    for each in found:
        subscribed = any(arn.endswith(f":stream/{name}") for _, arn in each.filters)
        if own_endpoint and not subscribed:
            text = f"{each.log_group}: this endpoint doesn't show where its lines go"
            yield Diagnosis(SUBSCRIPTION, Verdict.NOT_CHECKED, text)
        elif each.asked.result is CallResult.ABSENT:
            text = f"the log group {each.log_group} doesn't exist, so nothing is logged"
            mend = f"aws logs create-log-group --log-group-name {each.log_group}"
            yield Diagnosis(SUBSCRIPTION, Verdict.MISSING, text, mend)
        elif each.asked.result is CallResult.DENIED:
            text = f"{each.log_group}: who it sends to may not be asked"
            mend = statement(["logs:DescribeSubscriptionFilters"], ["*"])
            yield Diagnosis(SUBSCRIPTION, Verdict.NOT_CHECKED, text, mend)
        elif not each.asked.answered:
            text = f"{each.log_group}: {each.asked.why}"
            yield Diagnosis(SUBSCRIPTION, Verdict.NOT_CHECKED, text)
        else:
            yield _subscription(each, name)


def _subscription(group: SubscriptionFacts, stream: str) -> Diagnosis:
    ours = [pattern for pattern, arn in group.filters if arn.endswith(f":stream/{stream}")]
    if not ours:
        others = f" ({len(group.filters)} of 2 filters are taken)" if group.filters else ""
        text = f"{group.log_group} sends nothing to the stream {stream}{others}"
        mend = (
            f"deploy/push.yaml with LogGroups={group.log_group}, or"
            f" aws logs put-subscription-filter --log-group-name {group.log_group}"
            " --filter-name handrail --filter-pattern '' --destination-arn … --role-arn …"
        )
        return Diagnosis(SUBSCRIPTION, Verdict.MISSING, text, mend)
    if not any(pattern.strip() == "" for pattern in ours):
        text = f"{group.log_group} sends only what its filter's pattern takes to {stream}"
        return Diagnosis(SUBSCRIPTION, Verdict.WARNING, text, "an empty filter pattern: ''")
    return Diagnosis(SUBSCRIPTION, Verdict.OK, f"{group.log_group} sends all to {stream}")


def _log_everything(machine: MachineFacts) -> str:
    group = machine.logging.log_group_arn or (
        f"arn:aws:logs:{machine.arn.split(':')[3]}:{machine.arn.split(':')[4]}"
        ":log-group:/aws/vendedlogs/states/…:*"
    )
    return (
        f"aws stepfunctions update-state-machine --state-machine-arn {machine.arn}"
        " --logging-configuration 'level=ALL,includeExecutionData=true,"
        f"destinations=[{{cloudWatchLogsLogGroup={{logGroupArn={group}}}}}]'"
    )
