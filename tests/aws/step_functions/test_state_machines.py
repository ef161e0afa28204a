"""The StateMachines port over a real socket."""

import json
from dataclasses import replace

import pytest

from handrail.aws.calls import AwsCalls
from handrail.aws.clients import Clients
from handrail.aws.step_functions.state_machines import AwsStateMachines
from handrail.core.aliases import Alias, Named, Route
from handrail.core.errors import ExecutionNotFound, StateMachineNotFound
from handrail.core.models import DescribedStateMachine, MachineType, StateMachine
from handrail.core.ports import StateMachines
from tests.stubs.account import START
from tests.stubs.stepfunctions import StepFunctionsStub

DEFINITION = {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}


@pytest.fixture
def machines(clients: Clients, calls: AwsCalls) -> StateMachines:
    return AwsStateMachines(clients, calls)


async def test_the_list_is_whole_however_many_pages_it_takes(
    machines: StateMachines, stub: StepFunctionsStub
) -> None:
    stub.account.machines_per_page = 2
    for n in range(5):
        stub.add_machine(f"m{n}", type="EXPRESS" if n else "STANDARD")
    listed = await machines.list_all()
    assert [each.name for each in listed] == ["m0", "m1", "m2", "m3", "m4"]
    assert listed[0] == StateMachine("m0", listed[0].arn, MachineType.STANDARD, START)
    assert listed[1].type is MachineType.EXPRESS
    assert stub.calls["ListStateMachines"] == 3


async def test_an_account_without_machines_lists_none(machines: StateMachines) -> None:
    assert list(await machines.list_all()) == []


async def test_a_description_carries_the_definition_as_text(
    machines: StateMachines, stub: StepFunctionsStub
) -> None:
    arn = stub.add_machine("order", definition=DEFINITION)
    text = json.dumps(DEFINITION)
    expected = DescribedStateMachine("order", arn, MachineType.STANDARD, START, text)
    described = await machines.describe(arn)
    assert replace(described, answered_at=None) == expected
    assert described.answered_at is not None  # AWS's Date


async def test_an_execution_knows_its_definition(
    machines: StateMachines, stub: StepFunctionsStub
) -> None:
    arn = stub.add_machine("order", definition=DEFINITION)
    described = await machines.describe_for_execution(stub.add_execution("order", "one"))
    assert (described.arn, described.definition) == (arn, json.dumps(DEFINITION))


async def test_nobodys_machine_and_execution_are_not_found(
    machines: StateMachines, stub: StepFunctionsStub
) -> None:
    arn = stub.add_machine("order")
    with pytest.raises(StateMachineNotFound):
        await machines.describe(f"{arn}-not")
    with pytest.raises(ExecutionNotFound):
        await machines.describe_for_execution(f"{arn.replace('stateMachine', 'execution')}:gone")


def versioned(stub: StepFunctionsStub) -> str:
    """A machine whose newest definition isn't its only version, and an alias of that."""
    arn = stub.add_machine("order")
    stub.account.machines[arn].versions["3"] = json.dumps(DEFINITION)
    stub.account.machines[arn].aliases["live"] = "3"
    return arn


async def test_a_version_is_described_as_one_of_its_machine(
    machines: StateMachines, stub: StepFunctionsStub
) -> None:
    arn = versioned(stub)
    described = await machines.describe(f"{arn}:3")
    assert (described.arn, described.qualifier) == (arn, "3")
    assert described.qualified_arn == f"{arn}:3"
    assert described.definition == json.dumps(DEFINITION)


async def test_an_alias_is_described_by_its_routes(
    machines: StateMachines, stub: StepFunctionsStub
) -> None:
    found = await machines.describe_alias(f"{versioned(stub)}:live")
    assert found == Alias("live", (Route("3", 100),))


async def test_versions_and_aliases_are_listed_by_name(
    machines: StateMachines, stub: StepFunctionsStub
) -> None:
    arn = versioned(stub)
    assert await machines.list_versions(arn) == (Named("3", START),)
    assert await machines.list_aliases(arn) == (Named("live", START),)


@pytest.mark.parametrize("qualifier", ["4", "test"])
async def test_what_isnt_there_of_a_machine_isnt_found(
    machines: StateMachines, stub: StepFunctionsStub, qualifier: str
) -> None:
    arn = versioned(stub)
    for describe in (machines.describe, machines.describe_alias):
        with pytest.raises(StateMachineNotFound):
            await describe(f"{arn}:{qualifier}")
