"""The Tasks port over a real socket."""

from collections.abc import AsyncIterator, Awaitable

import pytest

from handrail.aws.calls import AwsCalls
from handrail.aws.clients import AwsConfig, Clients, open_clients
from handrail.aws.step_functions.tasks import AwsTasks
from handrail.core.errors import (
    InvalidOutput,
    InvalidRequest,
    RepetitionRefused,
    ServiceError,
    TaskNotFound,
    TaskTimedOut,
    Throttled,
    Unavailable,
)
from handrail.core.ports import Tasks
from tests.stubs.stepfunctions import StepFunctionsStub
from tests.web.stories import TOKEN, running, waiting

OPERATIONS = ("SendTaskSuccess", "SendTaskFailure", "SendTaskHeartbeat")
every_operation = pytest.mark.parametrize("operation", OPERATIONS)


@pytest.fixture
def tasks(clients: Clients, calls: AwsCalls) -> Tasks:
    return AwsTasks(clients, calls)


@pytest.fixture
async def repeating(stub: StepFunctionsStub, calls: AwsCalls) -> AsyncIterator[Tasks]:
    """Through a client that tries twice, as the SDK does in production."""
    async with open_clients(AwsConfig(endpoint_url=stub.url, max_attempts=2)) as clients:
        yield AwsTasks(clients, calls)


@pytest.fixture
def arn(stub: StepFunctionsStub) -> str:
    """An execution with a task that waits."""
    stub.add_machine("order")
    arn = running(stub)
    stub.append(arn, *waiting())
    stub.add_task_token(TOKEN, arn, 3)
    return arn


def send(tasks: Tasks, operation: str, token: str = TOKEN) -> Awaitable[None]:
    if operation == "SendTaskSuccess":
        return tasks.succeed(token, output="{}")
    if operation == "SendTaskFailure":
        return tasks.fail(token, error="No", cause=None)
    return tasks.heartbeat(token)


async def refused(call: Awaitable[None]) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        await call
    return caught.value


async def test_an_output_is_sent_as_it_is(tasks: Tasks, stub: StepFunctionsStub, arn: str) -> None:
    await tasks.succeed(TOKEN, output='{"a":1,"€":[1.0]}')
    assert stub.requests[-1].body == {"taskToken": TOKEN, "output": '{"a":1,"€":[1.0]}'}
    assert stub.execution(arn).events[-1]["type"] == "TaskSucceeded"


@pytest.mark.parametrize(
    "given",
    [
        {"error": "No", "cause": "too dear"},
        {"error": "No", "cause": None},
        {"error": "", "cause": ""},
    ],
)
async def test_a_failure_says_what_there_is_to_say(
    tasks: Tasks, stub: StepFunctionsStub, arn: str, given: dict[str, str | None]
) -> None:
    await tasks.fail(TOKEN, error=given["error"], cause=given["cause"])
    said = {name: text for name, text in given.items() if text}
    assert stub.requests[-1].body == {"taskToken": TOKEN, **said}
    assert stub.execution(arn).events[-1]["type"] == "TaskFailed"


@every_operation
async def test_a_token_nobody_knows_is_not_found(tasks: Tasks, arn: str, operation: str) -> None:
    assert isinstance(await refused(send(tasks, operation, "unknown")), TaskNotFound)


@every_operation
async def test_a_token_that_was_used_says_the_task_is_over(
    tasks: Tasks, arn: str, operation: str
) -> None:
    await send(tasks, "SendTaskSuccess")
    error = await refused(send(tasks, operation))
    assert type(error) is TaskTimedOut


@pytest.mark.parametrize("operation", OPERATIONS[:2])
async def test_the_sdks_own_repetition_of_a_lost_answer_is_told_apart(
    repeating: Tasks, stub: StepFunctionsStub, arn: str, operation: str
) -> None:
    stub.drop_next(operation)
    assert isinstance(await refused(send(repeating, operation)), RepetitionRefused)
    assert stub.calls[operation] == 2
    assert len([e for e in stub.execution(arn).events if e["type"] != "TaskSubmitted"]) == 5


@every_operation
async def test_a_lost_answer_leaves_it_open_what_was_applied(
    tasks: Tasks, stub: StepFunctionsStub, arn: str, operation: str
) -> None:
    stub.drop_next(operation, applied=False)
    error = await refused(send(tasks, operation))
    assert type(error) is Unavailable


@every_operation
async def test_a_throttle_is_one(
    tasks: Tasks, stub: StepFunctionsStub, arn: str, operation: str
) -> None:
    stub.fail_next(operation, code="ThrottlingException")
    assert isinstance(await refused(send(tasks, operation)), Throttled)


async def test_an_output_that_aws_finds_invalid_is_the_callers(
    tasks: Tasks, stub: StepFunctionsStub, arn: str
) -> None:
    stub.fail_next("SendTaskSuccess", code="InvalidOutput", message=f"Invalid Output: {TOKEN}")
    assert isinstance(await refused(send(tasks, "SendTaskSuccess")), InvalidOutput)


@every_operation
@pytest.mark.parametrize("token", ["", "x" * 2049])
async def test_what_can_be_no_token_is_the_callers_mistake(
    tasks: Tasks, stub: StepFunctionsStub, operation: str, token: str
) -> None:
    if token:
        stub.fail_next(operation, code="ValidationException", message=f"Value '{token}' at …")
    assert isinstance(await refused(send(tasks, operation, token)), InvalidRequest)


@every_operation
async def test_no_error_tells_the_token(
    tasks: Tasks, stub: StepFunctionsStub, arn: str, operation: str
) -> None:
    for code in ("ValidationException", "InvalidToken", "TaskTimedOut", "AccessDeniedException"):
        stub.fail_next(operation, code=code, message=f"Value '{TOKEN}' at 'taskToken' is wrong")
        error = await refused(send(tasks, operation))
        assert TOKEN not in f"{error} {error.errors} {error.facts}"
