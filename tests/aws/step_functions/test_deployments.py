"""The Deployments port over the embedded engine."""

from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import count

import pytest
import pytest_asyncio

from handrail.aws.calls import AwsCalls
from handrail.aws.clients import AwsConfig, open_clients
from handrail.aws.step_functions.deployments import AwsDeployments
from handrail.core.aliases import Alias, Route
from handrail.core.errors import Conflict, InvalidDefinition, StateMachineNotFound
from handrail.core.execution_logging import ExecutionLogging, LogLevel
from handrail.core.machine_encryption import MachineEncryption
from handrail.core.models import Deployment, MachineType
from handrail.engine.engine import Engine
from tests.engine.engine_fixture import ROLE_ARN

pytestmark = pytest.mark.asyncio(loop_scope="session")
NUMBERS = count(1)


@pytest_asyncio.fixture(loop_scope="session")
async def deployments(engine: Engine) -> AsyncIterator[AwsDeployments]:
    config = AwsConfig(region=engine.region, endpoint_url=engine.endpoint_url)
    async with open_clients(config) as clients:
        yield AwsDeployments(clients, AwsCalls())


def passing(comment: str) -> Deployment:
    """A state machine of a name that no test has used."""
    state = '{"Type": "Pass", "End": true}'
    definition = f'{{"Comment": "{comment}", "StartAt": "A", "States": {{"A": {state}}}}}'
    return Deployment(f"released-{next(NUMBERS)}", MachineType.EXPRESS, definition, ROLE_ARN)


async def test_a_changed_definition_replaces_the_deployed_one(deployments: AwsDeployments) -> None:
    first = passing("a")
    arn = await deployments.create(first)
    assert await deployments.find(arn) == first
    second = replace(first, definition=passing("b").definition, role_arn=ROLE_ARN + "-2")
    revision_id = await deployments.update(arn, second)
    found = await deployments.find(arn)
    assert found == second
    assert found.revision_id == revision_id is not None
    assert await deployments.find(arn + "-not") is None
    with pytest.raises(InvalidDefinition):
        await deployments.update(arn, replace(first, definition="{}"))


async def test_what_is_logged_is_set_changed_left_and_switched_off(
    deployments: AwsDeployments,
) -> None:
    group = "arn:aws:logs:us-east-1:123456789012:log-group:/deployed:*"
    logging = ExecutionLogging(LogLevel.ALL, True, group)
    first = replace(passing("a"), logging=logging)
    arn = await deployments.create(first)
    assert await deployments.find(arn) == first
    await deployments.update(arn, replace(passing("b"), logging=None))
    found = await deployments.find(arn)
    assert found is not None
    assert found.logging == logging
    fatal = replace(logging, level=LogLevel.FATAL, include_execution_data=False)
    for wanted, known in ((fatal, fatal), (ExecutionLogging(), None)):
        await deployments.update(arn, replace(first, logging=wanted))
        found = await deployments.find(arn)
        assert found is not None
        assert found.logging == known


async def test_a_kms_key_is_set_changed_left_and_taken_away(deployments: AwsDeployments) -> None:
    key = "arn:aws:kms:us-east-1:123456789012:key/8f7d2c1a-0000-4000-8000-000000000001"
    first = replace(passing("a"), encryption=MachineEncryption(key))
    arn = await deployments.create(first)
    assert await deployments.find(arn) == first
    await deployments.update(arn, replace(passing("b"), encryption=None))
    found = await deployments.find(arn)
    assert found is not None
    assert found.encryption == MachineEncryption(key, 300)
    longer = MachineEncryption(key, 900)
    for wanted, known in ((longer, longer), (MachineEncryption(), None)):
        await deployments.update(arn, replace(first, encryption=wanted))
        found = await deployments.find(arn)
        assert found is not None
        assert found.encryption == known


async def test_a_revision_is_published_once(deployments: AwsDeployments) -> None:
    first = passing("a")
    arn = await deployments.create(first)
    assert [await deployments.publish(arn, None) for _ in range(2)] == ["1", "1"]
    second = replace(first, definition=passing("b").definition)
    revision_id = await deployments.update(arn, second)
    assert await deployments.publish(arn, revision_id) == "2"
    assert [each.qualifier for each in await deployments.list_versions(arn)] == ["2", "1"]
    assert await deployments.find(f"{arn}:1") == first
    assert await deployments.find(f"{arn}:2") == second


async def test_what_somebody_else_changed_isnt_published(deployments: AwsDeployments) -> None:
    first = passing("a")
    arn = await deployments.create(first)
    ours = await deployments.update(arn, replace(first, definition=passing("b").definition))
    await deployments.update(arn, replace(first, definition=passing("c").definition))
    with pytest.raises(Conflict, match="changed meanwhile"):
        await deployments.publish(arn, ours)


async def test_an_alias_points_to_versions_by_weight(deployments: AwsDeployments) -> None:
    first = passing("a")
    arn = await deployments.create(first)
    await deployments.publish(arn, None)
    assert await deployments.find_alias(arn, "live") is None
    await deployments.create_alias(arn, "live", [Route("1", 100)])
    assert await deployments.find_alias(arn, "live") == Alias("live", (Route("1", 100),))
    await deployments.update(arn, replace(first, definition=passing("b").definition))
    await deployments.publish(arn, None)
    shared = (Route("2", 10), Route("1", 90))
    await deployments.update_alias(arn, "live", shared)
    assert await deployments.find_alias(arn, "live") == Alias("live", shared)
    with pytest.raises(Conflict):
        await deployments.create_alias(arn, "live", [Route("2", 100)])
    with pytest.raises(StateMachineNotFound):
        await deployments.update_alias(arn, "live", [Route("9", 100)])
