from handrail.aws.diagnosis.asking import Asking
from handrail.aws.diagnosis.dry_calls import Targets
from handrail.aws.diagnosis.permission_facts import (
    NOTHING_THERE,
    ONLY_DOING,
    Inquiry,
    find_evidence,
)
from handrail.core.diagnosis.aws_uses import AWS_USES, WayIn
from handrail.core.diagnosis.permissions import Leave
from tests.stubs.whole_account import CALLER, ORDER, Refused, WholeAccount

USES = [
    use
    for use in AWS_USES[WayIn.HTTP]
    if use.operation in {"StartExecution", "SendTaskSuccess", "ListStateMachineVersions"}
]
AT = Targets("handrail-doctor-1", names=("order",), machine=ORDER)


async def leave(asked: Inquiry) -> dict[str, Leave]:
    return {each.use.operation: each.leave for each in await find_evidence(asked, USES)}


async def test_what_no_call_shows_is_simulated(account: WholeAccount, asking: Asking) -> None:
    found = await leave(Inquiry(asking, AT, aws_itself=True, caller_arn=CALLER))

    assert set(found.values()) == {Leave.GIVEN}
    simulated = [body for name, body in account.asked if name == "SimulatePrincipalPolicy"]
    assert [body["ActionNames.member.1"] for body in simulated] == ["states:SendTaskSuccess"]


async def test_a_refusal_that_may_come_before_the_permission_proves_nothing(
    account: WholeAccount, asking: Asking
) -> None:
    account.answers["StartExecution"] = Refused("ValidationException")

    found = await leave(Inquiry(asking, AT, aws_itself=True, caller_arn=None))

    assert found["StartExecution"] is Leave.UNKNOWN


async def test_elsewhere_than_in_aws_only_reads_are_tried(
    account: WholeAccount, asking: Asking
) -> None:
    found = await leave(Inquiry(asking, AT, aws_itself=False, caller_arn=CALLER))

    assert found["ListStateMachineVersions"] is Leave.GIVEN
    assert found["StartExecution"] is Leave.UNKNOWN
    assert account.operations == {"ListStateMachineVersions"}


async def test_where_there_is_no_state_machine_it_is_said(asking: Asking) -> None:
    """And no policy is asked about all of them: one that names some doesn't allow that."""
    asked = Inquiry(asking, Targets("x"), aws_itself=True, caller_arn=CALLER)

    assert {each.use.operation: each.why for each in await find_evidence(asked, USES)} == {
        "StartExecution": NOTHING_THERE,
        "ListStateMachineVersions": NOTHING_THERE,
        "SendTaskSuccess": ONLY_DOING,
    }


async def test_what_isn_t_there_may_be_allowed_or_not(
    account: WholeAccount, asking: Asking
) -> None:
    account.answers["ListStateMachineVersions"] = Refused("StateMachineDoesNotExist")
    inquiry = Inquiry(asking, AT, aws_itself=True, caller_arn=None)

    found = {each.use.operation: each for each in await find_evidence(inquiry, USES)}

    assert found["ListStateMachineVersions"].why == NOTHING_THERE
