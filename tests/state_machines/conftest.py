"""The project's own state machines, deployed to the session's engine as `handrail dev` does it."""

import importlib.util
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import pytest_asyncio

from handrail.aws.calls import AwsCalls
from handrail.aws.clients import AwsConfig, Clients, open_clients
from handrail.aws.step_functions.deployments import AwsDeployments
from handrail.aws.step_functions.tasks import AwsActivities
from handrail.core.models import Account
from handrail.engine.engine import Engine
from handrail.usecases.deploy import Deployed, DeployTarget, deploy
from handrail.usecases.machine_folder import FolderProblem, MachineFolder
from handrail.usecases.machine_sources import load
from tests.engine.engine_fixture import ROLE_ARN, ROOT, Calls, eventually

MACHINES = ROOT / "state_machines"


@dataclass(frozen=True, slots=True)
class Project:
    """The deployed state machines by folder name."""

    arns: dict[str, str]
    folders: dict[str, MachineFolder]
    deployed: tuple[Deployed, ...]
    calls: Calls

    def example(self, folder: str, number: int) -> dict[str, Any]:
        schema = self.folders[folder].file.input_schema
        assert isinstance(schema, dict)
        example: dict[str, Any] = schema["examples"][number]
        return example

    async def start(self, folder: str, input: dict[str, Any]) -> str:
        return await self.calls.start(self.arns[folder], input)

    async def output(self, folder: str, input: dict[str, Any]) -> Any:
        """What a succeeding execution answers."""
        ended = await self.calls.ended(await self.start(folder, input))
        assert ended["status"] == "SUCCEEDED", ended
        return json.loads(ended["output"])

    async def entered(self, execution_arn: str) -> list[str]:
        """The states entered so far, in order."""
        return [
            event["stateEnteredEventDetails"]["name"]
            for event in await self.calls.history(execution_arn)
            if "stateEnteredEventDetails" in event
        ]

    async def token(self, execution_arn: str) -> str:
        """Of the approval that the execution waits for."""

        async def look() -> str | None:
            for event in await self.calls.history(execution_arn):
                if event["type"] == "TaskScheduled":
                    details = event["taskScheduledEventDetails"]
                    body = json.loads(details["parameters"]).get("MessageBody", {})
                    if "task_token" in body:
                        return str(body["task_token"])
            return None

        await self.calls.reached(execution_arn, "TaskSubmitted")
        return await eventually(look)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def clients(engine: Engine) -> AsyncIterator[Clients]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_ACCESS_KEY_ID", engine.access_key_id)
        environment.setenv("AWS_SECRET_ACCESS_KEY", engine.secret_access_key)
        environment.delenv("AWS_PROFILE", raising=False)
        config = AwsConfig(region=engine.region, endpoint_url=engine.endpoint_url)
        async with open_clients(config) as opened:
            yield opened


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def project(engine: Engine, clients: Clients, calls: Calls) -> Project:
    folders = load(MACHINES)
    target = DeployTarget(Account("aws", engine.region, engine.account_id), "test", ROLE_ARN)
    refused: list[FolderProblem] = []
    deployed = await deploy(
        folders,
        AwsDeployments(clients, AwsCalls()),
        target=target,
        refused=refused.append,
        activities=AwsActivities(clients, AwsCalls()),
    )
    assert refused == []
    machines = [each for each in deployed if not each.is_activity]
    names = [folder.path.name for folder in folders]
    return Project(
        arns={name: each.arn for name, each in zip(names, machines, strict=True)},
        folders=dict(zip(names, folders, strict=True)),
        deployed=deployed,
        calls=calls,
    )


@pytest.fixture
def handlers_of(monkeypatch: pytest.MonkeyPatch) -> Callable[..., ModuleType]:
    """Imports a folder's handlers.py, or another file; the handlers take no time."""
    monkeypatch.setenv("HANDLER_PACE", "0")

    def imported(folder: str, name: str = "handlers.py") -> ModuleType:
        file: Path = MACHINES / folder / name
        spec = importlib.util.spec_from_file_location(f"handlers_of_{folder}", file)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return imported
