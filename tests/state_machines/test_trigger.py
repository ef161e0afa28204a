"""The Lambda function that starts `orchestration-<stage>`, on the embedded engine and against
AWS's failures."""

import importlib.util
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from handrail.aws.clients import AwsConfig
from handrail.entrypoints.compose_http import open_services
from handrail.settings import Settings
from handrail.web.app import create_app
from tests.engine.engine_fixture import eventually

from .conftest import MACHINES, Project

MACHINE = "orchestration-test"


@pytest.fixture
def in_lambda(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment that `handrail dev` gives its handlers."""
    engine = project.calls.engine
    monkeypatch.setenv("AWS_ENDPOINT_URL", engine.endpoint_url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", engine.access_key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", engine.secret_access_key)
    monkeypatch.setenv("AWS_DEFAULT_REGION", engine.region)
    monkeypatch.setenv("ENVIRONMENT", "test")
    monkeypatch.delenv("AWS_PROFILE", raising=False)


async def inputs(project: Project) -> list[Any]:
    """Of every execution of the state machine so far."""
    sfn = project.calls.sfn
    listed = await sfn.list_executions(stateMachineArn=project.arns["orchestration"])
    described = [
        await sfn.describe_execution(executionArn=each["executionArn"])
        for each in listed["executions"]
    ]
    return [json.loads(each["input"]) for each in described]


async def started_with(project: Project, input: dict[str, Any]) -> None:
    """Until an execution runs on this input."""

    async def look() -> bool | None:
        return input in await inputs(project) or None

    await eventually(look)


@pytest.mark.asyncio(loop_scope="session")
class TestOnTheEngine:
    async def test_an_event_starts_the_state_machine(
        self, project: Project, in_lambda: None
    ) -> None:
        answer = await project.calls.functions.invoke(
            FunctionName="trigger-lambda-test", Payload=json.dumps({"by": "a call"})
        )
        told = json.loads(await answer["Payload"].read())
        assert told["statusCode"] == 200
        arn = json.loads(told["body"])["execution_arn"]
        ended = await project.calls.ended(arn)
        assert json.loads(ended["input"]) == {"by": "a call"}

    async def test_the_service_has_it_started_in_the_background(
        self, project: Project, in_lambda: None
    ) -> None:
        engine = project.calls.engine
        settings = Settings(environment="test", trigger="lambda", state_machines_dir=Path("none"))
        config = AwsConfig(region=engine.region, endpoint_url=engine.endpoint_url)
        async with open_services(settings, config) as services:
            client = create_app(services).test_client()
            answer = await client.post("/trigger-workflow", json={"by": "the service"})
            assert answer.status_code == 200
            told = await answer.get_json()
            assert told == {"message": "Workflow triggered!", "execution": None, "cursor": None}
        await started_with(project, {"by": "the service"})

    async def test_without_the_function_it_is_a_404(
        self, project: Project, in_lambda: None
    ) -> None:
        engine = project.calls.engine
        settings = Settings(environment="none", trigger="lambda", state_machines_dir=Path("none"))
        config = AwsConfig(region=engine.region, endpoint_url=engine.endpoint_url)
        async with open_services(settings, config) as services:
            client = create_app(services).test_client()
            answer = await client.post("/trigger-workflow", json={})
            assert answer.status_code == 404


class FakeStepFunctions:
    """What the handler uses of a boto3 client, the state machines on two pages."""

    def __init__(self, *names: str) -> None:
        self._pages = [
            {"stateMachines": [{"name": name, "stateMachineArn": f"arn:{name}"}]} for name in names
        ]
        self.started: list[dict[str, str]] = []

    def get_paginator(self, operation: str) -> "FakeStepFunctions":
        assert operation == "list_state_machines"
        return self

    def paginate(self) -> Iterator[dict[str, Any]]:
        yield from self._pages

    def start_execution(self, **given: str) -> dict[str, str]:
        self.started.append(given)
        return {"executionArn": "arn:started"}


@pytest.fixture
def trigger() -> ModuleType:
    """The file as Lambda would import it."""
    spec = importlib.util.spec_from_file_location("trigger", MACHINES / "orchestration/trigger.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def handler(trigger: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """The handler over a fake client, in the stage `test`."""
    monkeypatch.setenv("ENVIRONMENT", "test")

    def handle(event: object, sfn: object) -> dict[str, Any]:
        monkeypatch.setattr(trigger, "_sfn", lambda: sfn)
        answer: dict[str, Any] = trigger.handler(event, None)
        return answer | {"body": json.loads(answer["body"])}

    return handle


def test_the_state_machine_is_found_on_any_page(handler: Callable[..., dict[str, Any]]) -> None:
    sfn = FakeStepFunctions("other", MACHINE)
    answer = handler({"a": 1}, sfn)
    assert answer["statusCode"] == 200
    assert answer["body"] == {"message": "Workflow triggered!", "execution_arn": "arn:started"}
    assert sfn.started == [{"stateMachineArn": f"arn:{MACHINE}", "input": '{"a": 1}'}]


def test_without_the_state_machine_it_answers_404(handler: Callable[..., dict[str, Any]]) -> None:
    answer = handler({}, FakeStepFunctions("orchestration-other"))
    assert answer["statusCode"] == 404
    assert MACHINE in answer["body"]["message"]


@pytest.mark.parametrize("event", [[], "text", None, 7])
def test_an_event_that_is_no_object_is_refused(
    handler: Callable[..., dict[str, Any]], event: object
) -> None:
    sfn = FakeStepFunctions(MACHINE)
    assert handler(event, sfn)["statusCode"] == 400
    assert sfn.started == []


def test_step_functions_out_of_reach_is_a_503(
    trigger: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_MAX_ATTEMPTS": "1",
    }.items():
        monkeypatch.setenv(name, value)
    assert trigger.handler({}, None)["statusCode"] == 503
