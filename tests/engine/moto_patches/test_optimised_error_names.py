from types import SimpleNamespace

import pytest
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service_dynamodb as dynamodb,
)

from handrail.engine.moto_patches.optimised_error_names import (
    name_dynamodb_error,
    optimised_error,
)
from handrail.engine.moto_patches.patches import installed
from handrail.engine.moto_patches.service_errors import FailedCall
from tests.engine.engine_fixture import Calls

from .task_runs import failures, task


def said(shape: str | None, code: str = "Code") -> FailedCall:
    return FailedCall(shape, code, "It is so", 400, "r-1", None)


@pytest.mark.parametrize(
    ("service", "shape", "name"),
    [
        ("dynamodb", "ConditionalCheckFailedException", "ConditionalCheckFailedException"),
        ("dynamodb", None, "AmazonDynamoDBException"),
        ("sqs", "QueueDoesNotExist", "QueueDoesNotExistException"),
        ("sqs", None, "AmazonSQSException"),
        ("sns", "NotFoundException", "NotFoundException"),
        ("lambda", "TooManyRequestsException", "TooManyRequestsException"),
        ("lambda", None, "AWSLambdaException"),
        ("states", "StateMachineDoesNotExist", "StateMachineDoesNotExistException"),
        ("states", "ValidationException", "ValidationException"),
        ("ecs", "ClusterNotFoundException", "ClusterNotFoundException"),
        ("batch", "ClientException", "ClientException"),
        ("glue", "EntityNotFoundException", "EntityNotFoundException"),
    ],
)
def test_an_error_has_the_name_of_the_sdk_s_first_version(
    service: str, shape: str | None, name: str
) -> None:
    error, _ = optimised_error(service, said(shape))
    assert error.partition(".")[2] == name


def test_a_cause_says_what_the_service_said_and_who_asked() -> None:
    assert optimised_error("states", said("StateMachineDoesNotExist", "NoMachine")) == (
        "StepFunctions.StateMachineDoesNotExistException",
        "It is so (Service: AWSStepFunctions; Status Code: 400; Error Code: NoMachine; "
        "Request ID: r-1; Proxy: null)",
    )


def test_a_timeout_in_a_dynamodb_task_is_a_timeout() -> None:
    task = dynamodb.StateTaskServiceDynamoDB()
    task._get_sfn_resource = lambda: "putItem"
    task._get_sfn_resource_type = lambda: "dynamodb"
    entered = SimpleNamespace(source_event_id=2)
    env = SimpleNamespace(next_state_name="A", event_history_context=entered)
    with installed():
        event = name_dynamodb_error(task, env, TimeoutError())
    assert event.error_name.error_name == "States.Timeout"


@pytest.mark.asyncio(loop_scope="session")
async def test_services_fail_by_their_own_names(calls: Calls) -> None:
    start = {"StateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:none"}
    put = {"TableName": "no-such-table", "Item": {"id": {"S": "1"}}}
    publish = {"TopicArn": "arn:aws:sns:us-east-1:123456789012:none", "Message": "m"}
    failed = await failures(
        calls,
        task("states:startExecution.sync:2", start),
        task("dynamodb:putItem", put),
        task("sns:publish", publish),
        task("ecs:runTask", {"TaskDefinition": "none", "Cluster": "none"}),
    )
    assert [error for error, _ in failed] == [
        "StepFunctions.StateMachineDoesNotExistException",
        "DynamoDB.ResourceNotFoundException",
        "SNS.NotFoundException",
        "ECS.ClusterNotFoundException",
    ]
