import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from handrail.core.aliases import Alias, Named, Route
from handrail.core.errors import InvalidDefinition, InvalidRequest, ServiceError, Unavailable
from handrail.core.execution_logging import ExecutionLogging, LogLevel
from handrail.core.machine_encryption import MachineEncryption
from handrail.core.models import Account, Activity, ActivityTask, Deployment, MachineType
from handrail.usecases.deploy import Deployed, DeployTarget, deploy
from handrail.usecases.machine_folder import FolderProblem, MachineFolder
from handrail.usecases.machine_sources import load
from handrail.usecases.releases import NEW, Release
from tests.fakes import BEGIN

ROLE = "arn:aws:iam::123456789012:role/machines"
TARGET = DeployTarget(Account("aws", "eu-west-1", "123456789012"), "prod", ROLE)
ARN = "arn:aws:states:eu-west-1:123456789012:stateMachine:"
ACTIVITY_ARN = "arn:aws:states:eu-west-1:123456789012:activity:"
PASS = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Comment": "${Note}", "End": True}}}

Folders = Callable[..., tuple[MachineFolder, ...]]


def unexpected(problem: FolderProblem) -> None:
    raise AssertionError(str(problem))


class FakeDeployments:
    """State machines in a dict; counts what is changed. `refuses` some by name."""

    def __init__(self) -> None:
        self.standing: dict[str, Deployment] = {}
        self.refuses: dict[str, ServiceError] = {}
        self.changes = 0
        self.versions: dict[str, list[str]] = {}
        self.aliases: dict[str, tuple[Route, ...]] = {}

    async def find(self, arn: str) -> Deployment | None:
        return self.standing.get(arn)

    async def create(self, deployment: Deployment) -> str:
        if error := self.refuses.get(deployment.name):
            raise error
        self.changes += 1
        self.standing[ARN + deployment.name] = deployment
        return ARN + deployment.name

    async def update(self, arn: str, deployment: Deployment) -> str | None:
        self.changes += 1
        revision_id = f"revision-{self.changes}"
        self.standing[arn] = replace(deployment, revision_id=revision_id)
        return revision_id

    async def list_versions(self, arn: str) -> list[Named]:
        return [Named(number, BEGIN) for number in reversed(self.versions.get(arn, []))]

    async def publish(self, arn: str, revision_id: str | None) -> str:
        if error := self.refuses.get("publish"):
            raise error
        standing, versions = self.standing[arn], self.versions.setdefault(arn, [])
        assert revision_id in {None, standing.revision_id}
        if versions and self.standing[f"{arn}:{versions[-1]}"].revision_id == standing.revision_id:
            return versions[-1]
        self.changes += 1
        versions.append(str(len(versions) + 1))
        self.standing[f"{arn}:{versions[-1]}"] = standing
        return versions[-1]

    async def find_alias(self, machine_arn: str, name: str) -> Alias | None:
        routes = self.aliases.get(f"{machine_arn}:{name}")
        return Alias(name, routes) if routes else None

    async def create_alias(self, machine_arn: str, name: str, routes: Sequence[Route]) -> None:
        assert f"{machine_arn}:{name}" not in self.aliases
        self.changes += 1
        self.aliases[f"{machine_arn}:{name}"] = tuple(routes)

    async def update_alias(self, machine_arn: str, name: str, routes: Sequence[Route]) -> None:
        assert f"{machine_arn}:{name}" in self.aliases
        self.changes += 1
        self.aliases[f"{machine_arn}:{name}"] = tuple(routes)


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
        refused=unexpected,
    )
    assert done == (Deployed("orders-prod", "created", ARN + "orders-prod"),)
    standing = account.standing[ARN + "orders-prod"]
    assert (standing.type, standing.role_arn) == (MachineType.EXPRESS, ROLE)
    assert json.loads(standing.definition)["States"]["A"]["Comment"] == "of eu-west-1"


async def test_deploying_again_changes_nothing(account: FakeDeployments, folders: Folders) -> None:
    await deploy(folders(orders={}), account, target=TARGET, refused=unexpected)
    again = await deploy(folders(orders={}), account, target=TARGET, refused=unexpected)
    assert [each.action for each in again] == ["unchanged"]
    assert account.changes == 1


async def test_a_number_of_many_digits_is_a_change(
    account: FakeDeployments, folders: Folders
) -> None:
    for digit in "89":
        state = {"Type": "Pass", "Result": "here", "End": True}
        template = json.dumps({"StartAt": "A", "States": {"A": state}})
        template = template.replace('"here"', f"12345678901234567.8{digit}")
        (done,) = await deploy(
            folders(orders={"template": template}), account, target=TARGET, refused=unexpected
        )
    assert done.action == "updated"


async def test_white_space_and_order_are_no_change(
    account: FakeDeployments, folders: Folders
) -> None:
    await deploy(folders(orders={}), account, target=TARGET, refused=unexpected)
    other_text = json.dumps(dict(reversed(PASS.items())), indent=4)
    again = await deploy(
        folders(orders={"template": other_text}), account, target=TARGET, refused=unexpected
    )
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
    await deploy(folders(orders={}), account, target=TARGET, refused=unexpected)
    again = await deploy(folders(orders=change), account, target=TARGET, refused=unexpected)
    assert again == (Deployed("orders", "updated", ARN + "orders"),)
    assert account.changes == 2


LOGGED = {"log_group": "/states/orders", "level": "ERROR"}
GROUP_ARN = "arn:aws:logs:eu-west-1:123456789012:log-group:/states/orders:*"


async def test_what_is_logged_is_deployed_too(account: FakeDeployments, folders: Folders) -> None:
    done: list[str] = []
    for machine in (
        {},
        {"logging": LOGGED},
        {"logging": LOGGED},
        {},
        {"logging": {"level": "OFF"}},
    ):
        written = folders(orders=dict(machine))
        deployed = await deploy(written, account, target=TARGET, refused=unexpected)
        done += [each.action for each in deployed]
        if "logging" not in machine:  # says nothing: AWS leaves what there is
            standing = account.standing[ARN + "orders"]
            kept = ExecutionLogging(LogLevel.ERROR, False, GROUP_ARN) if len(done) > 1 else None
            account.standing[ARN + "orders"] = replace(standing, logging=kept)
    assert done == ["created", "updated", "unchanged", "unchanged", "updated"]
    assert account.standing[ARN + "orders"].logging == ExecutionLogging()
    again = await deploy(written, account, target=TARGET, refused=unexpected)
    assert [each.action for each in again] == ["unchanged"]


KEY = "arn:aws:kms:eu-west-1:123456789012:alias/orders-prod"


async def test_a_kms_key_is_deployed_changed_left_and_taken_away(
    account: FakeDeployments, folders: Folders
) -> None:
    done: list[str] = []
    said: list[dict[str, Any]] = [{}, {"encryption": {"kms_key": KEY}}]
    for machine in (*said, said[-1]):
        deployed = await deploy(
            folders(orders=dict(machine)), account, target=TARGET, refused=unexpected
        )
        done += [each.action for each in deployed]
    assert done == ["created", "updated", "unchanged"]
    assert account.standing[ARN + "orders"].encryption == MachineEncryption(KEY)
    longer: dict[str, Any] = {"encryption": {"kms_key": KEY, "data_key_reuse_s": 900}}
    for machine, action in (
        (longer, "updated"),
        ({}, "unchanged"),
        ({"encryption": {"kms_key": None}}, "updated"),
        ({"encryption": {"kms_key": None}}, "unchanged"),
    ):
        deployed = await deploy(
            folders(orders=dict(machine)), account, target=TARGET, refused=unexpected
        )
        assert [each.action for each in deployed] == [action]
    assert account.standing[ARN + "orders"].encryption == MachineEncryption()


async def test_what_names_no_logs_takes_those_of_the_target(
    account: FakeDeployments, folders: Folders
) -> None:
    everything = ExecutionLogging(LogLevel.ALL, True, GROUP_ARN)
    target = replace(TARGET, logging=everything)
    written = folders(orders={}, parcels={"logging": LOGGED}, letters={"logging": {"level": "OFF"}})
    await deploy(written, account, target=target, refused=unexpected)
    found = {each.name: each.logging for each in account.standing.values()}
    assert found == {
        "orders": everything,
        "parcels": ExecutionLogging(LogLevel.ERROR, False, GROUP_ARN),
        "letters": ExecutionLogging(),
    }


async def test_a_dry_run_says_what_would_be_done_and_does_nothing(
    account: FakeDeployments, folders: Folders
) -> None:
    await deploy(folders(old={}), account, target=TARGET, refused=unexpected)
    changed = folders(old={"substitutions": {"Note": "new"}}, young={})
    planned = await deploy(changed, account, target=TARGET, refused=unexpected, dry_run=True)
    assert [(each.name, each.action) for each in planned] == [
        ("old", "updated"),
        ("young", "created"),
    ]
    assert planned[1].arn == ARN + "young"
    assert account.changes == 1


async def test_the_type_of_a_state_machine_cannot_change(
    account: FakeDeployments, folders: Folders
) -> None:
    await deploy(folders(orders={}), account, target=TARGET, refused=unexpected)
    problems: list[FolderProblem] = []
    changed = folders(orders={"type": "EXPRESS"})
    assert await deploy(changed, account, target=TARGET, refused=problems.append) == ()
    assert "deployed as STANDARD and can't become EXPRESS" in problems[0].reason


@pytest.mark.parametrize("chosen", ["two", "two-prod"])
async def test_some_can_be_chosen_by_folder_or_by_name(
    account: FakeDeployments, folders: Folders, chosen: str
) -> None:
    all_of_them = folders(one={}, two={"name": "two-${ENVIRONMENT}"})
    done = await deploy(all_of_them, account, target=TARGET, refused=unexpected, only=[chosen])
    assert [each.name for each in done] == ["two-prod"]


async def test_a_choice_that_is_not_there_is_an_error(
    account: FakeDeployments, folders: Folders
) -> None:
    with pytest.raises(InvalidRequest, match="no state machine three"):
        await deploy(
            folders(one={}), account, target=TARGET, refused=unexpected, only=["one", "three"]
        )
    assert account.changes == 0


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ({"template": '{"States": "${Unknown}"}'}, r"No value is known for \$\{Unknown\}"),
        ({"template": '{"A": ${Note}}'}, "not JSON"),
        ({"template": json.dumps({"Comment": "x" * 1_048_577})}, "1,048,576 at most"),
        ({"input_schema": {"type": "nonsense"}}, "input_schema: .* not a valid JSON Schema"),
        ({"output_schemas": {"A": {"type": 1}}}, r"output_schemas\.A: .* not a valid JSON"),
        ({"name": "a b"}, "is no name"),
    ],
)
async def test_what_cannot_be_deployed_is_told_and_the_rest_is_done(
    account: FakeDeployments,
    folders: Folders,
    broken: dict[str, Any],
    reason: str,
) -> None:
    problems: list[FolderProblem] = []
    some = folders(one={}, three={}, two=broken)
    done = await deploy(some, account, target=TARGET, refused=problems.append)
    assert [each.name for each in done] == ["one", "three"]
    (problem,) = problems
    assert problem.folder.name == "two"
    assert re.search(reason, problem.reason)


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (InvalidDefinition("Nothing of the kind at /States/Outer/Iterator/States/In/Type"), "In"),
        (InvalidDefinition("Nothing of the kind."), "A"),
        (Unavailable("AWS is out of reach."), "A"),
    ],
)
async def test_what_the_account_refuses_is_told_with_its_state(
    account: FakeDeployments, folders: Folders, error: ServiceError, state: str
) -> None:
    problems: list[FolderProblem] = []
    account.refuses["two"] = error
    dangling = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "Nowhere"}}})
    some = folders(one={}, three={}, two={"template": dangling})
    done = await deploy(some, account, target=TARGET, refused=problems.append)
    assert [each.name for each in done] == ["one", "three"]
    (problem,) = problems
    assert (problem.name, problem.state, problem.reason) == ("two", state, error.detail)
    assert str(problem) == f"{problem.folder}: {state}: {error.detail}"


async def test_a_state_machine_needs_a_role(account: FakeDeployments, folders: Folders) -> None:
    problems: list[FolderProblem] = []
    nobody = DeployTarget(TARGET.account, TARGET.environment)
    assert await deploy(folders(one={}), account, target=nobody, refused=problems.append) == ()
    assert "names no role_arn" in problems[0].reason


async def test_of_two_folders_with_one_name_none_is_deployed(
    account: FakeDeployments, folders: Folders
) -> None:
    problems: list[FolderProblem] = []
    some = folders(one={"name": "x"}, two={"name": "x"}, three={})
    done = await deploy(some, account, target=TARGET, refused=problems.append)
    assert [each.name for each in done] == ["three"]
    assert [problem.folder.name for problem in problems] == ["one", "two"]
    assert "More than one folder" in problems[0].reason


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
        refused=unexpected,
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
        refused=unexpected,
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
    await deploy(
        chosen, account, target=TARGET, refused=unexpected, activities=activities, only=["one"]
    )
    assert (activities.lists, activities.created) == (0, [])


async def test_no_activity_is_created_for_a_state_machine_that_is_broken(
    account: FakeDeployments, folders: Folders
) -> None:
    activities = FakeActivities()
    problems: list[FolderProblem] = []
    some = folders(
        one={"activities": ["review"]},
        two={"activities": ["print"], "template": '{"States": "${Unknown}"}'},
    )
    await deploy(some, account, target=TARGET, refused=problems.append, activities=activities)
    assert activities.created == ["review"]
    assert len(problems) == 1


def changed(folders: Folders, note: str) -> tuple[MachineFolder, ...]:
    return folders(orders={"substitutions": {"Note": note}})


async def test_a_version_is_published_of_what_changed_and_only_then(
    account: FakeDeployments, folders: Folders
) -> None:
    async def published(note: str) -> list[tuple[str, str]]:
        release = Release()
        done = await deploy(
            changed(folders, note), account, target=TARGET, refused=unexpected, release=release
        )
        return [(each.name, each.action) for each in done]

    assert await published("a") == [("orders", "created"), ("orders:1", "created")]
    assert await published("a") == [("orders", "unchanged"), ("orders:1", "unchanged")]
    assert await published("b") == [("orders", "updated"), ("orders:2", "created")]
    await deploy(changed(folders, "c"), account, target=TARGET, refused=unexpected)
    assert await published("c") == [("orders", "unchanged"), ("orders:3", "created")]


async def test_an_alias_is_shifted_to_a_new_version_by_weight(
    account: FakeDeployments, folders: Folders
) -> None:
    async def released(note: str, weight: int) -> tuple[str, dict[str, int]]:
        *_, last = await deploy(
            changed(folders, note),
            account,
            target=TARGET,
            refused=unexpected,
            release=Release("live", weight),
        )
        assert (last.name, last.arn) == ("orders:live", ARN + "orders:live")
        assert account.aliases[last.arn] == last.routes
        return last.action, {route.version: route.weight for route in last.routes}

    assert await released("a", 10) == ("created", {"1": 100})
    assert await released("a", 10) == ("unchanged", {"1": 100})
    assert await released("b", 10) == ("updated", {"2": 10, "1": 90})
    assert await released("b", 10) == ("unchanged", {"2": 10, "1": 90})
    assert await released("b", 50) == ("updated", {"2": 50, "1": 50})
    assert await released("b", 100) == ("updated", {"2": 100})


@pytest.mark.parametrize("standing", [False, True])
async def test_a_dry_run_tells_of_versions_and_aliases_and_makes_none(
    account: FakeDeployments, folders: Folders, standing: bool
) -> None:
    release = Release("live", 10)
    if standing:
        await deploy(
            changed(folders, "a"), account, target=TARGET, refused=unexpected, release=release
        )
    before = account.changes
    told = [
        await deploy(
            changed(folders, note),
            account,
            target=TARGET,
            refused=unexpected,
            release=release,
            dry_run=True,
        )
        for note in ("a", "b")
    ]
    assert account.changes == before
    names = [[(each.name, each.action) for each in done] for done in told]
    new = [(f"orders:{NEW}", "created"), ("orders:live", "updated" if standing else "created")]
    same = [("orders", "unchanged"), ("orders:1", "unchanged"), ("orders:live", "unchanged")]
    assert names[0] == (same if standing else [("orders", "created"), *new])
    assert names[1] == [("orders", "updated" if standing else "created"), *new]
    assert told[1][-1].routes[0] == Route(NEW, 10 if standing else 100)


async def test_what_was_done_before_a_version_was_refused_is_told_too(
    account: FakeDeployments, folders: Folders
) -> None:
    problems: list[FolderProblem] = []
    account.refuses["publish"] = Unavailable("AWS failed to answer.")
    done = await deploy(
        folders(orders={}), account, target=TARGET, refused=problems.append, release=Release("live")
    )
    assert [(each.name, each.action) for each in done] == [("orders", "created")]
    assert [(each.name, each.reason) for each in problems] == [("orders", "AWS failed to answer.")]
    assert account.aliases == {}
