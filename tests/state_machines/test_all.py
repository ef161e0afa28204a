"""What holds for every state machine of the project."""

import jsonschema
import pytest

from handrail.aws.calls import AwsCalls
from handrail.aws.clients import Clients
from handrail.aws.step_functions.deployments import AwsDeployments
from handrail.aws.step_functions.tasks import AwsActivities
from handrail.core.definition.machine_file import known_names
from handrail.core.definition.substitution import fill
from handrail.core.models import Account
from handrail.usecases.deploy import DeployTarget, deploy
from handrail.usecases.machine_folder import FolderProblem
from handrail.usecases.machine_sources import load
from tests.engine.engine_fixture import ROLE_ARN

from .conftest import MACHINES, Project

NAMES = ["document-review", "loan-quote", "orchestration", "order-fulfilment", "price-check"]


def test_these_are_the_state_machines() -> None:
    assert [folder.path.name for folder in load(MACHINES)] == NAMES


@pytest.mark.parametrize("folder", load(MACHINES), ids=lambda folder: str(folder.path.name))
def test_each_is_described_and_its_examples_fit_its_schema(folder: object) -> None:
    file = folder.file  # type: ignore[attr-defined] # what ids= is given has no type
    assert file.description
    assert file.input_schema["examples"]
    jsonschema.Draft202012Validator.check_schema(file.input_schema)
    for example in file.input_schema["examples"]:
        jsonschema.validate(example, file.input_schema, jsonschema.Draft202012Validator)


@pytest.mark.asyncio(loop_scope="session")
async def test_all_are_deployed_and_a_second_time_none_changes(
    project: Project, clients: Clients
) -> None:
    names = [each.name for each in project.deployed]
    assert names == [
        "document-review-test",
        "document-review-test",
        "loan-quote-test",
        "orchestration-test",
        "order-fulfilment-test",
        "price-check-test",
    ]
    assert [each.is_activity for each in project.deployed] == [True] + [False] * 5
    assert {each.action for each in project.deployed} == {"created"}
    engine = project.calls.engine
    refused: list[FolderProblem] = []
    again = await deploy(
        load(MACHINES),
        AwsDeployments(clients, AwsCalls()),
        target=DeployTarget(Account("aws", engine.region, engine.account_id), "test", ROLE_ARN),
        refused=refused.append,
        activities=AwsActivities(clients, AwsCalls()),
    )
    assert refused == []
    assert {each.action for each in again} == {"unchanged"}


def test_two_stages_of_one_account_share_no_name() -> None:
    account = Account("aws", "eu-west-1", "123456789012")

    def names(environment: str) -> set[str]:
        given, found = known_names(account, environment), set[str]()
        for folder in load(MACHINES):
            file = folder.file
            templates = [file.name, *file.handlers, *file.queues, *file.activities]
            templates += file.substitutions.values()
            found |= {fill(template, given) for template in templates}
        return found

    assert names("dev") & names("prod") == set()
    assert {"order-fulfilment", "order-approvals", "charge-card"} <= names("dev")
    assert {"order-fulfilment-prod", "order-approvals-prod", "charge-card-prod"} <= names("prod")


def test_the_files_name_no_partition_of_their_own() -> None:
    for file in MACHINES.rglob("*.json"):
        text = file.read_text("utf-8")
        assert "arn:aws:" not in text
        assert "amazonaws.com" not in text
