"""What `handrail doctor` finds in an AWS account, real ones being played by a stub."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from handrail.core.diagnosis.aws_uses import AWS_USES, WayIn
from handrail.core.diagnosis.diagnoses import Diagnosis, Verdict
from handrail.core.machine_patterns import MachinePatterns
from handrail.entrypoints.doctor import DoctorReport, diagnose
from handrail.settings import Settings
from tests.engine.engine_fixture import Calls, one_state
from tests.environment import settings_of
from tests.stubs.whole_account import HANG, ORDER, SYNC, Refused, WholeAccount, whole_account

SIMULATED = {
    "SendTaskSuccess",
    "SendTaskFailure",
    "SendTaskHeartbeat",
    "SendMessage",
    "ReceiveMessage",
    "DeleteMessage",
    "ChangeMessageVisibility",
    "Publish",
    "PutEvents",
}
PLACE = "us-east-1:123456789012"
NOTIFY = json.dumps(
    [
        {"on": ["failed"], "url": url}
        for url in (
            f"sns:arn:aws:sns:{PLACE}:orders",
            f"sqs:arn:aws:sqs:{PLACE}:news",
            "eventbridge:orders",
        )
    ]
)
NEVER = SIMULATED | {"BatchWriteItem"}
"""What would do something, whatever it is told."""


@pytest.fixture
async def account(environment: pytest.MonkeyPatch) -> AsyncIterator[WholeAccount]:
    async with whole_account() as account:
        environment.setenv("AWS_ENDPOINT_URL", account.url)
        yield account


def everything(account: WholeAccount, **more: Any) -> Settings:
    """A service that has all there is."""
    return settings_of(
        environment="prod",
        table="sockets",
        queue_url=f"{account.url}/{'1' * 12}/nudges",
        socket_endpoint=f"{account.url}/live",
        events_stream="events",
        callbacks_queue="callbacks",
        notify=NOTIFY,
        trigger="lambda",
        traces=True,
        **more,
    )


async def report(account: WholeAccount, *only: str, **more: Any) -> DoctorReport:
    return await of_aws(everything(account, **more), *only)


async def of_aws(settings: Settings, *only: str) -> DoctorReport:
    return await diagnose(settings, only=MachinePatterns(only), host="127.0.0.1", aws_itself=True)


def of(found: DoctorReport, *verdicts: Verdict) -> list[Diagnosis]:
    return [each for each in found.diagnoses if each.verdict in verdicts]


def statements(found: DoctorReport) -> list[dict[str, Any]]:
    mends = [each.mend for each in found.diagnoses if each.check == "permissions" and each.mend]
    return [json.loads(mend) for mend in mends]


async def test_an_account_where_all_is_well(account: WholeAccount) -> None:
    account.answers["Invoke"] = {}

    found = await report(account)

    assert of(found, Verdict.MISSING, Verdict.WARNING, Verdict.NOT_CHECKED) == []
    assert found.reached
    assert not found.missing
    checks = {each.check for each in found.diagnoses}
    assert checks == {
        "settings", "endpoint", "credentials", "clock", "state machines", "permissions", "stream",
        "logs", "subscription", "quotas", "table", "queue", "traces", "callbacks",
    }  # fmt: skip


async def test_every_operation_is_asked_for_or_simulated_and_nothing_is_done(
    account: WholeAccount,
) -> None:
    await report(account)

    used = {use.operation for way in WayIn for use in AWS_USES[way]}
    assert used - NEVER <= account.operations
    assert not account.operations & NEVER
    for operation, asked in account.asked:
        if operation.startswith("Start"):
            assert "?" in asked["name"]
            assert asked["input"] == "{"
        elif operation in {"PutItem", "DeleteItem", "UpdateItem"}:
            assert asked["ConditionExpression"] == "attribute_exists(pk)"
            key = asked.get("Key") or asked["Item"]
            assert key["pk"]["S"].startswith("handrail-doctor-")
        elif operation in {"StopExecution", "RedriveExecution"}:
            assert ":handrail-doctor-" in asked["executionArn"]
        elif operation == "Invoke":
            assert asked["InvocationType"] == "DryRun"


async def test_what_is_not_aws_is_sent_nothing_that_only_aws_surely_refuses(
    account: WholeAccount,
) -> None:
    settings = everything(account)
    found = await diagnose(settings, host="127.0.0.1", aws_itself=False)

    written = {"Start", "Stop", "Redrive", "Put", "Update", "Delete", "Post", "Invoke", "Batch"}
    sent = account.operations - {"BatchGetItem"}
    assert not [each for each in sent if each.startswith(tuple(written))]
    [unknown] = [e for e in of(found, Verdict.NOT_CHECKED) if e.check == "permissions"]
    assert "only AWS itself can tell" in unknown.text
    assert "SimulatePrincipalPolicy" not in account.operations


async def test_whoever_may_nothing_is_told_every_statement(account: WholeAccount) -> None:
    account.deny(*(use.operation for way in WayIn for use in AWS_USES[way]))
    account.decide = lambda _action: "implicitDeny"
    # what can't be told apart: these are asked for more than is denied here
    del account.answers["ListStateMachines"], account.answers["DescribeStateMachine"]

    found = await report(account)

    actions = {action for each in statements(found) for action in each["Action"]}
    wanted = {use.action for way in WayIn for use in AWS_USES[way]}
    # a shard's name and place are known by what may not be asked
    unasked = {"states:ListStateMachines", "states:DescribeStateMachine"}
    assert wanted - unasked <= actions
    assert found.missing


async def test_denials_are_told_with_the_statements_that_allow_it(account: WholeAccount) -> None:
    account.deny("StartExecution", "GetExecutionHistory", "GetRecords", "Invoke")

    found = await report(account)

    assert {each["Action"][0]: each["Resource"] for each in statements(found)} == {
        "states:StartExecution": "arn:aws:states:us-east-1:123456789012:stateMachine:*",
        "states:GetExecutionHistory": "arn:aws:states:us-east-1:123456789012:execution:*:*",
        "kinesis:GetRecords": "arn:aws:kinesis:us-east-1:123456789012:stream/events",
        "lambda:InvokeFunction": (
            "arn:aws:lambda:us-east-1:123456789012:function:trigger-lambda-prod"
        ),
    }
    assert {each["Effect"] for each in statements(found)} == {"Allow"}


async def test_named_state_machines_are_what_statements_name(account: WholeAccount) -> None:
    account.deny("StartExecution")

    found = await of_aws(settings_of(), "order")

    [statement] = statements(found)
    assert statement["Resource"] == ORDER
    described = [asked for name, asked in account.asked if name == "DescribeStateMachine"]
    assert {asked["stateMachineArn"] for asked in described} == {ORDER}
    assert SYNC not in str(described)


async def test_a_simulator_that_may_not_be_asked_leaves_it_open(account: WholeAccount) -> None:
    account.deny("SimulatePrincipalPolicy")

    found = await report(account)

    [unknown] = [e for e in of(found, Verdict.NOT_CHECKED) if e.check == "permissions"]
    assert "states:SendTaskSuccess" in unknown.text
    assert "sqs:SendMessage" in unknown.text
    assert unknown.mend is not None
    assert "iam:SimulatePrincipalPolicy" in unknown.mend
    assert not found.missing


async def test_expired_credentials_are_told_by_where_they_come_from(account: WholeAccount) -> None:
    account.everything = Refused("ExpiredTokenException")

    found = await of_aws(settings_of())

    [missing] = of(found, Verdict.MISSING)
    assert missing.check == "credentials"
    assert "have expired" in missing.text
    assert missing.mend is not None
    assert "AWS_SESSION_TOKEN" in missing.mend
    assert found.reached


@pytest.mark.parametrize(("off_s", "verdict"), [(-60, Verdict.WARNING), (400, Verdict.MISSING)])
async def test_a_clock_that_is_off_is_seen_by_the_dates_of_answers(
    account: WholeAccount, off_s: int, verdict: Verdict
) -> None:
    account.now = lambda: datetime.now(UTC) + timedelta(seconds=off_s)

    found = await of_aws(settings_of())

    [clock] = [each for each in found.diagnoses if each.check == "clock"]
    assert clock.verdict is verdict
    assert ("ahead" if off_s < 0 else "behind") in clock.text


async def test_an_aws_that_answers_nothing_in_time_is_out_of_reach(account: WholeAccount) -> None:
    account.everything = HANG

    found = await diagnose(settings_of(), host="127.0.0.1", aws_itself=True, limit_s=0.2)

    assert not found.reached
    [missing] = of(found, Verdict.MISSING)
    assert "doesn't answer in time" in missing.text


async def test_throttled_calls_leave_it_open(account: WholeAccount) -> None:
    throttled = Refused("ThrottlingException")
    account.answers |= dict.fromkeys(["GetExecutionHistory", "ListServiceQuotas"], throttled)

    found = await of_aws(settings_of())

    assert not found.missing
    open_ = {each.check for each in of(found, Verdict.NOT_CHECKED)}
    assert {"quotas"} <= open_


async def test_a_function_says_which_it_is_and_is_held_to_its_own_role(
    account: WholeAccount,
) -> None:
    account.deny("StartExecution")

    live = await of_aws(settings_of(preload="live"))
    http = await of_aws(settings_of(preload="http"))

    assert not live.missing
    assert http.missing


async def test_no_region_is_a_diagnosis(
    account: WholeAccount, environment: pytest.MonkeyPatch
) -> None:
    environment.delenv("AWS_REGION")

    found = await of_aws(settings_of())

    [missing] = of(found, Verdict.MISSING)
    assert "region" in missing.text
    assert missing.mend is not None
    assert missing.mend.startswith("AWS_REGION=")


async def test_no_credentials_are_a_diagnosis_without_a_call(
    account: WholeAccount, environment: pytest.MonkeyPatch
) -> None:
    environment.delenv("AWS_ACCESS_KEY_ID")
    environment.delenv("AWS_SECRET_ACCESS_KEY")

    found = await of_aws(settings_of())

    [missing] = of(found, Verdict.MISSING)
    assert (missing.check, missing.text) == ("credentials", "there are none")
    assert account.asked == []


@pytest.mark.asyncio(loop_scope="session")
async def test_on_the_embedded_engine_nothing_is_missing_and_what_it_can_t_tell_isn_t_checked(
    calls: Calls, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("AWS_ENDPOINT_URL", calls.engine.endpoint_url)
    name = (await calls.create(one_state(Type="Succeed"))).rpartition(":")[2]

    found = await diagnose(settings_of(), only=MachinePatterns((name,)), host="127.0.0.1")

    assert of(found, Verdict.MISSING, Verdict.WARNING) == []
    assert {each.check for each in of(found, Verdict.NOT_CHECKED)} == {"permissions", "quotas"}
    checks = {each.check for each in of(found, Verdict.OK)}
    assert {"endpoint", "credentials", "clock", "state machines", "permissions"} <= checks
