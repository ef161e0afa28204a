import pytest

from handrail.aws.diagnosis.asking import Asking
from handrail.aws.diagnosis.policy_simulation import simulated
from handrail.core.diagnosis.aws_uses import AWS_USES, WayIn
from handrail.core.diagnosis.permissions import Leave
from tests.stubs.whole_account import CALLER, WholeAccount

SETTLES = [use for use in AWS_USES[WayIn.HTTP] if use.operation.startswith("SendTask")]


async def test_each_action_s_decision_is_told(account: WholeAccount, asking: Asking) -> None:
    account.decide = lambda action: "implicitDeny" if "Heartbeat" in action else "allowed"

    found = await simulated(asking, CALLER, SETTLES, "arn:machine")

    leave = {each.use.operation: each.leave for each in found}
    assert leave == {
        "SendTaskSuccess": Leave.GIVEN,
        "SendTaskFailure": Leave.GIVEN,
        "SendTaskHeartbeat": Leave.DENIED,
    }
    assert {each.resource for each in found} == {"arn:machine"}


@pytest.mark.parametrize(
    ("caller", "denied", "source"),
    [
        (CALLER, (), "arn:aws:iam::123456789012:role/path/handrail"),
        (CALLER, ("GetRole",), "arn:aws:iam::123456789012:role/handrail"),
        ("arn:aws:iam::123456789012:user/ada", (), "arn:aws:iam::123456789012:user/ada"),
    ],
)
async def test_whose_policies_they_are(
    account: WholeAccount, asking: Asking, caller: str, denied: tuple[str, ...], source: str
) -> None:
    """A session's ARN lacks the path of its role."""
    account.deny(*denied)

    await simulated(asking, caller, SETTLES, "*")

    [asked] = [body for name, body in account.asked if name == "SimulatePrincipalPolicy"]
    assert asked["PolicySourceArn"] == source
