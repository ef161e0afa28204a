"""Finds out which operations the credentials are allowed: by dry calls, and what those leave open
by IAM's policy simulator."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from handrail.aws.diagnosis.asking import Asking
from handrail.aws.diagnosis.dry_calls import DryCall, Targets, dry_call
from handrail.aws.diagnosis.policy_simulation import simulated
from handrail.core.diagnosis.aws_uses import AwsUse, ResourceKind
from handrail.core.diagnosis.call_outcomes import CallResult
from handrail.core.diagnosis.permissions import Evidence, Leave

NOTHING_THERE = "there is nothing here that it could be asked about"
ONLY_AWS = "only AWS itself can tell"
ONLY_DOING = "only doing it would show it"
_WITHOUT_A_WAY = frozenset(
    {
        ResourceKind.TASK,
        ResourceKind.QUEUE,
        ResourceKind.TABLE,
        ResourceKind.CALLBACKS,
        ResourceKind.DEAD_CALLBACKS,
        ResourceKind.NEWS_TOPIC,
        ResourceKind.NEWS_BUS,
        ResourceKind.NEWS_QUEUE,
    }
)
"""Of these something can be there, and there is no dry call all the same."""
_OF_MACHINES = frozenset(
    {
        ResourceKind.STATE_MACHINE,
        ResourceKind.EXPRESS_MACHINE,
        ResourceKind.ALIAS,
        ResourceKind.EXECUTION,
        ResourceKind.MAP_RUN,
        ResourceKind.TASK,
    }
)


@dataclass(frozen=True, slots=True)
class Inquiry:
    """`aws_itself` is whether calls go to AWS: elsewhere nothing is sent that only AWS is known to
    refuse, and nobody simulates policies."""

    asking: Asking
    targets: Targets
    aws_itself: bool
    caller_arn: str | None


async def find_evidence(asked: Inquiry, uses: Iterable[AwsUse]) -> list[Evidence]:
    every = list(uses)
    first = await asyncio.gather(*(_dry(asked, use) for use in every))
    if not asked.aws_itself:
        return list(first)
    open_ = [each for each in first if each.leave is Leave.UNKNOWN]
    kinds = {each.use.on for each in open_}
    simulations = [_simulated(asked, [e for e in open_ if e.use.on is kind]) for kind in kinds]
    told = [each for some in await asyncio.gather(*simulations) for each in some]
    by_use = {each.use: each for each in told}
    return [by_use.get(each.use, each) for each in first]


async def _simulated(asked: Inquiry, open_: Sequence[Evidence]) -> list[Evidence]:
    """Uses on one kind of resource. Where none of the kind is known nobody can say: a policy that
    names one doesn't allow all."""
    kind, named = open_[0].use.on, open_[0].resource
    if asked.caller_arn is None or (kind in _OF_MACHINES and not asked.targets.names):
        return list(open_)
    resource = asked.targets.arn(kind) if named == "*" else named
    return await simulated(asked.asking, asked.caller_arn, [each.use for each in open_], resource)


async def _dry(asked: Inquiry, use: AwsUse) -> Evidence:
    call = dry_call(use, asked.targets)
    if call is None and use.on not in _WITHOUT_A_WAY:
        return Evidence(use, Leave.UNKNOWN, "*", NOTHING_THERE)
    if not asked.aws_itself and (call is None or call.aws_alone):
        return Evidence(use, Leave.UNKNOWN, "*", ONLY_AWS)
    if call is None:
        return Evidence(use, Leave.UNKNOWN, "*", ONLY_DOING)
    return await _made(asked.asking, call)


async def _made(asking: Asking, call: DryCall) -> Evidence:
    use, asked = call.use, dict(call.asked)
    where = {"region": call.region, "endpoint_url": call.endpoint_url}
    outcome = (await asking.ask(use.service, use.operation, asked, **where)).outcome
    if outcome.answered or outcome.code in call.allowed:
        return Evidence(use, Leave.GIVEN, call.resource)
    if outcome.result is CallResult.DENIED:
        return Evidence(use, Leave.DENIED, call.resource, outcome.code)
    why = NOTHING_THERE if outcome.result is CallResult.ABSENT else outcome.why
    return Evidence(use, Leave.UNKNOWN, call.resource, why)
