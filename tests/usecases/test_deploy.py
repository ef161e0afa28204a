import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from service.core.errors import Conflict, InvalidDefinition, InvalidRequest
from service.core.models import Account, Activity, ActivityTask, Deployment, MachineType
from service.usecases.deploy import Deployed, Target, deploy
from service.usecases.machine_folder import MachineFolder, load

ROLE = "arn:aws:iam::123456789012:role/machines"
TARGET = Target(Account("aws", "eu-west-1", "123456789012"), "prod", ROLE)
ARN = "arn:aws:states:eu-west-1:123456789012:stateMachine:"
ACTIVITY_ARN = "arn:aws:states:eu-west-1:123456789012:activity:"
PASS = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Comment": "${Note}", "End": True}}}

Folders = Callable[..., tuple[MachineFolder, ...]]


class FakeDeployments:
    """State machines in a dict; counts what is changed."""

    def __init__(self) -> None:
        self.standing: dict[str, Deployment] = {}
        self.changes = 0

    async def find(self, arn: str) -> Deployment | None:
        return self.standing.get(arn)

    async def create(self, deployment: Deployment) -> str:
        self.changes += 1
        self.standing[ARN + deployment.name] = deployment
        return ARN + deployment.name

    async def update(self, arn: str, deployment: Deployment) -> None:
        self.changes += 1
        self.standing[arn] = deployment


class FakeActivities:
    """Activities by name; `created` are new."""

    def __init__(self, *names: str) -> None:
        self.names = set(names)
        self.created: list[str] = []
        self.lists = 0

    async def list_all(self) -> list[Activity]:
        self.lists += 1
        return [Activity(name, ACTIVITY_ARN + name) for name in self.names]

    async def create(self, name: str) -> str:
        self.created.append(name)
        return ACTIVITY_ARN + name

    async def poll(self, arn: str, *, worker: str) -> ActivityTask | None:
        raise AssertionError("deploying polls for nothing")


@pytest.fixture
def account() -> FakeDeployments:
    return FakeDeployments()


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    """Writes `state_machines/` anew: folder name → what machine.json says besides the name."""

    def write(**machines: dict[str, Any]) -> tuple[MachineFolder, ...]:
        for name, metadata in machines.items():
            path = tmp_path / name
            path.mkdir(exist_ok=True)
            template = metadata.pop("template", json.dumps(PASS))
            (path / "definition.asl.json").write_text(template)
            filled = {"name": name, "substitutions": {"Note": "of ${REGION}"}, **metadata}
            (path / "machine.json").write_text(json.dumps(filled))
        return load(tmp_path)

    return write


async def test_what_is_missing_is_created_with_its_substitutions_filled_in(
    account: FakeDeployments, folders: Folders
) -> None:
    done = await deploy(
        folders(orders={"name": "orders-${ENVIRONMENT}", "type": "EXPRESS"}),
        account,
        target=TARGET,
    )
    assert done == (Deployed("orders-prod", "created", ARN + "orders-prod"),)
    standing = account.standing[ARN + "orders-prod"]
    assert (standing.type, standing.role_arn) == (MachineType.EXPRESS, ROLE)
    assert json.loads(standing.definition)["States"]["A"]["Comment"] == "of eu-west-1"


async def test_deploying_again_changes_nothing(account: FakeDeployments, folders: Folders) -> None:
    await deploy(folders(orders={}), account, target=TARGET)
    again = await deploy(folders(orders={}), account, target=TARGET)
    assert [each.action for each in again] == ["unchanged"]
    assert account.changes == 1


async def test_white_space_and_order_are_no_change(
    account: FakeDeployments, folders: Folders
) -> None:
    await deploy(folders(orders={}), account, target=TARGET)
    other_text = json.dumps(dict(reversed(PASS.items())), indent=4)
    again = await deploy(folders(orders={"template": other_text}), account, target=TARGET)
    assert [each.action for each in again] == ["unchanged"]


@pytest.mark.parametrize(
    "change",
    [
        {"substitutions": {"Note": "another"}},
        {"role_arn": "arn:aws:iam::${ACCOUNT_ID}:role/other"},
    ],
)
async def test_another_definition_or_role_is_an_update(
    account: FakeDeployments, folders: Folders, change: dict[str, Any]
) -> None:
    await deploy(folders(orders={}), account, target=TARGET)
    again = await deploy(folders(orders=change), account, target=TARGET)
    assert again == (Deployed("orders", "updated", ARN + "orders"),)
    assert account.changes == 2


async def test_a_dry_run_says_what_would_be_done_and_does_nothing(
    account: FakeDeployments, folders: Folders
) -> None:
    await deploy(folders(old={}), account, target=TARGET)
    changed = folders(old={"substitutions": {"Note": "new"}}, young={})
    planned = await deploy(changed, account, target=TARGET, dry_run=True)
    assert [(each.name, each.action) for each in planned] == [
        ("old", "updated"),
        ("young", "created"),
    ]
    assert planned[1].arn == ARN + "young"
    assert account.changes == 1


async def test_the_type_of_a_state_machine_cannot_change(
    account: FakeDeployments, folders: Folders
) -> None:
    await deploy(folders(orders={}), account, target=TARGET)
    changed = folders(orders={"type": "EXPRESS"})
    with pytest.raises(Conflict, match="deployed as STANDARD and can't become EXPRESS"):
        await deploy(changed, account, target=TARGET)


@pytest.mark.parametrize("chosen", ["two", "two-prod"])
async def test_some_can_be_chosen_by_folder_or_by_name(
    account: FakeDeployments, folders: Folders, chosen: str
) -> None:
    all_of_them = folders(one={}, two={"name": "two-${ENVIRONMENT}"})
    done = await deploy(all_of_them, account, target=TARGET, only=[chosen])
    assert [each.name for each in done] == ["two-prod"]


async def test_a_choice_that_is_not_there_is_an_error(
    account: FakeDeployments, folders: Folders
) -> None:
    with pytest.raises(InvalidRequest, match="no state machine three"):
        await deploy(folders(one={}), account, target=TARGET, only=["one", "three"])
    assert account.changes == 0


async def test_nothing_is_deployed_where_one_of_them_is_broken(
    account: FakeDeployments, folders: Folders
) -> None:
    some = folders(one={}, two={"template": '{"States": "${Unknown}"}'})
    with pytest.raises(InvalidDefinition, match=r"two: No value is known for \$\{Unknown\}"):
        await deploy(some, account, target=TARGET)
    assert account.changes == 0


async def test_a_state_machine_needs_a_role(account: FakeDeployments, folders: Folders) -> None:
    nobody = Target(TARGET.account, TARGET.environment)
    with pytest.raises(InvalidRequest, match="names no role_arn"):
        await deploy(folders(one={}), account, target=nobody)


async def test_two_folders_cannot_describe_one_state_machine(
    account: FakeDeployments, folders: Folders
) -> None:
    with pytest.raises(InvalidDefinition, match="More than one folder"):
        await deploy(folders(one={"name": "x"}, two={"name": "x"}), account, target=TARGET)


async def test_activities_that_are_missing_are_created_first(
    account: FakeDeployments, folders: Folders
) -> None:
    activities = FakeActivities("review")
    done = await deploy(
        folders(
            one={"activities": ["review", "print-${ENVIRONMENT}"]}, two={"activities": ["review"]}
        ),
        account,
        target=TARGET,
        activities=activities,
    )
    assert [(each.name, each.action, each.is_activity) for each in done] == [
        ("review", "unchanged", True),
        ("print-prod", "created", True),
        ("one", "created", False),
        ("two", "created", False),
    ]
    assert (done[1].arn, activities.created) == (ACTIVITY_ARN + "print-prod", ["print-prod"])


async def test_a_dry_run_creates_no_activity(account: FakeDeployments, folders: Folders) -> None:
    activities = FakeActivities()
    planned = await deploy(
        folders(one={"activities": ["review"]}),
        account,
        target=TARGET,
        activities=activities,
        dry_run=True,
    )
    assert planned[0] == Deployed("review", "created", ACTIVITY_ARN + "review")
    assert (activities.created, account.changes) == ([], 0)


async def test_without_activities_nobody_asks_for_them(
    account: FakeDeployments, folders: Folders
) -> None:
    activities = FakeActivities()
    chosen = folders(one={}, two={"activities": ["review"]})
    await deploy(chosen, account, target=TARGET, activities=activities, only=["one"])
    assert (activities.lists, activities.created) == (0, [])


async def test_no_activity_is_created_where_a_state_machine_is_broken(
    account: FakeDeployments, folders: Folders
) -> None:
    activities = FakeActivities()
    some = folders(one={"activities": ["review"]}, two={"template": '{"States": "${Unknown}"}'})
    with pytest.raises(InvalidDefinition):
        await deploy(some, account, target=TARGET, activities=activities)
    assert activities.created == []
