"""Asks IAM's policy simulator what no call can show without doing it.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
"""

from collections.abc import Sequence

from handrail.aws.diagnosis.asking import Asking
from handrail.core.diagnosis.aws_uses import AwsUse
from handrail.core.diagnosis.call_outcomes import CallOutcome, CallResult
from handrail.core.diagnosis.permissions import Evidence, Leave

ALLOWED = "allowed"


async def simulated(
    asking: Asking, caller_arn: str, uses: Sequence[AwsUse], resource: str
) -> list[Evidence]:
    """What the policies of the caller say of uses on one resource; unknown where the simulator
    can't be asked. It knows no policy of the resource's, nor of an endpoint's."""
    source = await _source_arn(asking, caller_arn)
    actions = sorted({use.action for use in uses})
    asked = {"PolicySourceArn": source, "ActionNames": actions, "ResourceArns": [resource]}
    found = await asking.ask("iam", "SimulatePrincipalPolicy", asked)
    if not found.outcome.answered:
        why = _unknown(found.outcome)
        return [Evidence(use, Leave.UNKNOWN, resource, why) for use in uses]
    decisions = {
        each["EvalActionName"]: each["EvalDecision"]
        for each in found.answer.get("EvaluationResults", ())
    }
    return [_evidence(use, decisions.get(use.action), resource) for use in uses]


def _evidence(use: AwsUse, decision: str | None, resource: str) -> Evidence:
    if decision is None:
        return Evidence(use, Leave.UNKNOWN, resource, "the policy simulator doesn't say")
    return Evidence(use, Leave.GIVEN if decision == ALLOWED else Leave.DENIED, resource, decision)


def _unknown(outcome: CallOutcome) -> str:
    if outcome.result is CallResult.DENIED:
        return (
            "only doing it would show it, or IAM's policy simulator, which these credentials"
            " may not ask (SimulatePrincipalPolicy)"
        )
    return f"only doing it would show it, or IAM's policy simulator: {outcome.why}"


async def _source_arn(asking: Asking, caller_arn: str) -> str:
    """The role behind an assumed role, whose ARN lacks the role's path: IAM is asked for it, and
    none is assumed where it doesn't tell. Users are as they are."""
    _, _, kind, rest = *caller_arn.split(":")[:2], caller_arn.split(":")[2], caller_arn
    if kind != "sts" or ":assumed-role/" not in rest:
        return caller_arn
    head, _, tail = rest.partition(":assumed-role/")
    role = tail.partition("/")[0]
    told = await asking.ask("iam", "GetRole", {"RoleName": role})
    if told.outcome.answered:
        return str(told.answer["Role"]["Arn"])
    return f"{head.replace(':sts:', ':iam:', 1)}:role/{role}"
