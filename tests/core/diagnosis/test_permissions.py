import json

from handrail.core.diagnosis.aws_uses import AWS_USES, AwsUse, ResourceKind, WayIn
from handrail.core.diagnosis.diagnoses import Verdict
from handrail.core.diagnosis.permissions import Evidence, Leave, judge_permissions, statement

ARNS = {ResourceKind.EXECUTION: ["arn:1", "arn:2"]}
KEY = "KmsAccessDeniedException"


def use(operation: str, on: ResourceKind = ResourceKind.EXECUTION) -> AwsUse:
    every = AWS_USES[WayIn.HTTP]
    return next(each for each in every if (each.operation, each.on) == (operation, on))


def evidence(operation: str, leave: Leave, why: str = "", **on: ResourceKind) -> Evidence:
    return Evidence(use(operation, **on), leave, "arn:asked", why)


def test_denials_on_one_kind_of_resource_are_mended_by_one_statement() -> None:
    denied = [evidence(each, Leave.DENIED) for each in ("StopExecution", "GetExecutionHistory")]

    [found] = judge_permissions(denied, ARNS)

    assert found.verdict is Verdict.MISSING
    assert "nothing can be stopped" in found.text
    assert found.mend is not None
    assert json.loads(found.mend) == {
        "Effect": "Allow",
        "Action": ["states:GetExecutionHistory", "states:StopExecution"],
        "Resource": ["arn:1", "arn:2"],
    }


def test_what_most_do_without_is_a_warning() -> None:
    denied = evidence("DescribeMapRun", Leave.DENIED, on=ResourceKind.MAP_RUN)

    [found] = judge_permissions([denied], ARNS)

    assert found.verdict is Verdict.WARNING
    assert "arn:asked" in str(found.mend)


def test_a_key_that_may_not_be_used_is_no_missing_action() -> None:
    [found] = judge_permissions([evidence("DescribeExecution", Leave.DENIED, KEY)], ARNS)

    assert found.verdict is Verdict.MISSING
    assert "kms:Decrypt" in str(found.mend)
    assert "states:" not in str(found.mend)


def test_what_is_not_known_is_told_by_its_reason() -> None:
    unknown = [
        evidence("StopExecution", Leave.UNKNOWN, "one"),
        evidence("RedriveExecution", Leave.UNKNOWN, "one"),
        evidence("DescribeExecution", Leave.UNKNOWN, "other"),
    ]

    found = list(judge_permissions(unknown, ARNS))

    assert [each.verdict for each in found] == [Verdict.NOT_CHECKED] * 2
    assert found[0].text == "states:RedriveExecution, states:StopExecution: one"


def test_a_statement_names_one_resource_by_itself() -> None:
    assert statement(["b:B", "a:A", "a:A"], ["arn"]) == (
        '{"Effect": "Allow", "Action": ["a:A", "b:B"], "Resource": "arn"}'
    )
