import pytest

from handrail.engine.moto_patches.missing_parameters import is_served
from tests.engine.engine_fixture import Calls

from .task_runs import failures, task


@pytest.mark.asyncio(loop_scope="session")
async def test_what_is_required_and_missing_is_refused_by_the_service(calls: Calls) -> None:
    url = (await calls.sqs.get_queue_url(QueueName="probe-queue"))["QueueUrl"]
    put = {"TableName": "any", "Item": None}
    failed = await failures(
        calls,
        task("dynamodb:putItem", put),
        task("aws-sdk:dynamodb:putItem", put),
        task("sqs:sendMessage", {"QueueUrl": url, "MessageBody": None}),
        task("aws-sdk:s3:getObject", {"Bucket": "any"}),
    )
    null = "1 validation error detected: Value null at 'item' failed to satisfy constraint: Member"
    missing = "The request must contain the parameter MessageBody."
    assert [(error, cause.partition(" (Service")[0]) for error, cause in failed] == [
        ("DynamoDB.AmazonDynamoDBException", f"{null} must not be null"),
        ("DynamoDb.DynamoDbException", f"{null} must not be null"),
        ("SQS.AmazonSQSException", missing),
        ("S3.S3Exception", f"{null} must not be null".replace("'item'", "'key'")),
    ]


@pytest.mark.parametrize(
    ("service", "served"),
    [("s3", True), ("sfn", True), ("cloudwatchlogs", True), ("translate", False), ("none", False)],
)
def test_a_service_is_served_where_moto_has_it(service: str, *, served: bool) -> None:
    assert is_served(service) is served


@pytest.mark.asyncio(loop_scope="session")
async def test_what_can_t_be_sent_is_refused_too(calls: Calls) -> None:
    failed = await failures(
        calls,
        task("aws-sdk:s3:headBucket", {"Bucket": "no bucket's name/"}),
        task("aws-sdk:sqs:sendMessageBatch", {"QueueUrl": "http://a.b/q", "Entries": [None]}),
    )
    assert [error for error, _ in failed] == ["S3.S3Exception", "Sqs.SqsException"]
    assert failed[0][1].startswith("The parameters can't be sent: ParamValidationError: ")
