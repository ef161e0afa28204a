from handrail.aws.diagnosis.dry_calls import DryCall, StreamTarget, Targets, dry_call
from handrail.core.diagnosis.aws_uses import AWS_USES, AwsUse, WayIn

USES = sorted({use for way in WayIn for use in AWS_USES[way]})
OPEN = {
    "SendTaskSuccess",
    "SendTaskFailure",
    "SendTaskHeartbeat",
    "SendMessage",
    "ReceiveMessage",
    "DeleteMessage",
    "ChangeMessageVisibility",
    "GetQueueUrl",
    "GetQueueAttributes",
    "Publish",
    "PutEvents",
    "BatchWriteItem",
}
"""What nothing but the policy simulator can tell of."""
READS = ("List", "Describe", "Get", "Query", "BatchGet")
STATES = "arn:aws:states:eu-west-1:1"
EVERYTHING = Targets(
    "handrail-doctor-1",
    machine=f"{STATES}:stateMachine:order",
    express=f"{STATES}:stateMachine:quick",
    execution=f"{STATES}:execution:order:1",
    no_execution=f"{STATES}:execution:order:handrail-doctor-1",
    map_run=f"{STATES}:mapRun:order/x:1",
    table="sockets",
    stream=StreamTarget({"StreamName": "events"}, None, "shardId-0", "here"),
    function="trigger-lambda-dev",
    sockets="https://api/live",
)


def calls(at: Targets) -> dict[AwsUse, DryCall | None]:
    return {use: dry_call(use, at) for use in USES}


def test_every_operation_is_asked_dryly_but_those_that_can_t_be() -> None:
    without = {use.operation for use, call in calls(EVERYTHING).items() if call is None}

    assert without == OPEN


def test_where_there_is_nothing_nothing_but_the_list_is_asked() -> None:
    asked = {use.operation for use, call in calls(Targets("x")).items() if call is not None}

    assert asked == {"ListStateMachines"}


def test_what_writes_goes_to_aws_alone_and_is_told_by_a_refusal() -> None:
    for use, call in calls(EVERYTHING).items():
        if call is not None and not use.operation.startswith(READS):
            assert call.aws_alone, use
            assert call.allowed, use
            assert "ValidationException" not in call.allowed, "it may come before the permission"


def test_a_stop_is_of_an_execution_that_can_t_be() -> None:
    writes = ("StopExecution", "RedriveExecution")
    for use, call in calls(EVERYTHING).items():
        if use.operation in writes and call is not None:
            assert call.asked == {"executionArn": EVERYTHING.no_execution}


def test_records_are_asked_for_by_the_arn_alone() -> None:
    arn = "arn:aws:kinesis:us-east-1:1:stream/events"
    for named, wanted in (({"StreamName": "e"}, {}), ({"StreamARN": arn}, {"StreamARN": arn})):
        stream = StreamTarget(named, "us-east-1", "shardId-0", "here")
        [use] = [each for each in USES if each.operation == "GetRecords"]

        call = dry_call(use, Targets("x", stream=stream))

        assert call is not None
        assert call.asked == {**wanted, "ShardIterator": "here", "Limit": 1}
        assert call.region == "us-east-1"
