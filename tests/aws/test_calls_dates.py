"""What answers tell of AWS's clock."""

from datetime import UTC, datetime, timedelta

import pytest

from handrail.aws.calls import AwsCalls, hear_dates
from handrail.aws.clients import Clients
from handrail.aws.step_functions.executions import AwsExecutions
from handrail.core.errors import ExecutionNotFound
from handrail.core.models import StartedExecution
from handrail.core.remote_clock import RemoteClock
from tests.stubs.stepfunctions import StepFunctionsStub


@pytest.fixture
def remote(clients: Clients) -> RemoteClock:
    remote = RemoteClock()
    hear_dates(clients.sfn, remote)
    return remote


@pytest.fixture
def executions(clients: Clients, calls: AwsCalls) -> AwsExecutions:
    return AwsExecutions(clients, calls)


async def replayed(executions: AwsExecutions, stub: StepFunctionsStub) -> StartedExecution:
    """A start that AWS answers with an execution of some seconds ago."""
    arn = stub.add_machine("order")
    began = datetime.now(UTC) - timedelta(seconds=5)
    stub.add_execution("order", "n", started_at=began)
    return await executions.start(arn, name="n", input="{}")


async def test_the_date_of_an_answer_tells_aws_s_clock(
    executions: AwsExecutions, stub: StepFunctionsStub, remote: RemoteClock
) -> None:
    started = await replayed(executions, stub)
    assert remote.began_before(started, started.answered_at) is True


async def test_so_does_the_date_of_an_error(
    executions: AwsExecutions, stub: StepFunctionsStub, remote: RemoteClock
) -> None:
    stub.dates_answers = False
    started = await replayed(executions, stub)
    assert remote.began_before(started, started.answered_at) is False
    stub.dates_answers = True
    with pytest.raises(ExecutionNotFound):
        await executions.describe(started.arn + "-nobody")
    assert remote.began_before(started, started.answered_at) is True
