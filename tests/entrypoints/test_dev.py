"""The embedded engine stands for AWS, and nobody's real account is asked."""

import json
import os
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from handrail.core.errors import InvalidRequest
from handrail.core.execution_logging import ExecutionLogging, LogLevel
from handrail.core.stand_ins.mock_file import MockFile
from handrail.entrypoints.compose_http import open_services
from handrail.entrypoints.dev import (
    engine_config,
    local_engine,
    pushing,
    use_engine,
    with_callback_queue,
)
from handrail.settings import Settings
from handrail.usecases.executions import NewExecution
from handrail.usecases.machine_folder import Survey
from tests.engine.engine_fixture import ROLE_ARN, Calls, one_state

ENGINE: Any = SimpleNamespace(
    endpoint_url="http://127.0.0.1:4566",
    region="us-east-1",
    access_key_id="made-up",
    secret_access_key="made-up too",
)


def test_every_client_of_this_process_finds_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", {**os.environ})
    os.environ["AWS_ENDPOINT_URL_SFN"] = os.environ["AWS_SESSION_TOKEN"] = "somebody's"
    use_engine(ENGINE, "test")
    assert "AWS_ENDPOINT_URL_SFN" not in os.environ
    assert "AWS_SESSION_TOKEN" not in os.environ
    assert os.environ["AWS_ENDPOINT_URL"] == ENGINE.endpoint_url
    assert (os.environ["AWS_ACCESS_KEY_ID"], os.environ["ENVIRONMENT"]) == ("made-up", "test")


def test_no_role_is_assumed_at_the_engine() -> None:
    role = "arn:aws:iam::123456789012:role/handrail"
    config = engine_config(Settings(role_arn=role, aws_pool_size=7), ENGINE)
    assert (config.endpoint_url, config.role_arn) == (ENGINE.endpoint_url, None)
    assert config.pool_size == 7


def test_the_engine_pushes_unless_the_service_is_to_poll() -> None:
    streams: list[str] = []
    engine: Any = SimpleNamespace(
        **vars(ENGINE), account_id="123456789012", push_events=streams.append
    )
    given = Settings(environment="test", events_stream="somebody-s")
    settings, logging = pushing(given, engine, push=False)
    assert (settings.events_stream, logging, streams) == (None, None, [])
    settings, logging = pushing(given, engine, push=True)
    assert [settings.events_stream] == streams
    group = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/vendedlogs/states/handrail-test:*"
    assert logging == ExecutionLogging(LogLevel.ALL, True, group)


async def test_the_queue_of_callbacks_is_made_in_the_engine() -> None:
    made: list[str] = []

    async def make(name: str) -> str:
        made.append(name)
        return f"{ENGINE.endpoint_url}/123456789012/{name}"

    engine: Any = SimpleNamespace(**vars(ENGINE), make_callback_queue=make)
    assert (await with_callback_queue(Settings(), engine)).callbacks_queue is None
    named = Settings(callbacks_queue="arn:aws:sqs:eu-west-1:123456789012:answers.fifo")
    settings = await with_callback_queue(named, engine)
    assert made == ["answers.fifo"]
    assert settings.callbacks_queue == "http://127.0.0.1:4566/123456789012/answers.fifo"


MOCKS = {
    "StateMachines": {
        "mocked": {"TestCases": {"HappyPath": {"A": "Fine"}, "SadPath": {"A": "No"}}}
    },
    "MockedResponses": {
        "Fine": {"0": {"Return": {"MessageId": "m"}}},
        "No": {"0": {"Throw": {"Error": "SQS.Gone", "Cause": "away"}}},
        "Unused": {"0": {}},
    },
}
SQS = "arn:aws:states:::sqs:sendMessage"


@pytest.mark.asyncio(loop_scope="session")
async def test_a_test_case_is_started_over_the_service(calls: Calls) -> None:
    engine = calls.engine
    local = local_engine(engine, MockFile.parse(json.dumps(MOCKS), "mocks.json"), "strict")
    definition = json.dumps(one_state(Type="Task", Resource=SQS))
    created = {"name": "mocked", "definition": definition, "roleArn": ROLE_ARN}
    await calls.sfn.create_state_machine(**created)
    settings = Settings()
    config, survey = engine_config(settings, engine), Survey((), (), local)
    config = replace(config, region=engine.region)
    async with open_services(settings, config, survey) as services:
        for case, status in (("HappyPath", "SUCCEEDED"), ("SadPath", "FAILED")):
            start = NewExecution("mocked", {}, case=case)
            arn = (await services.executions.start(start)).execution.arn
            assert (await calls.ended(arn))["status"] == status
        with pytest.raises(InvalidRequest, match="It has HappyPath, SadPath"):
            await services.executions.start(NewExecution("mocked", {}, case="Other"))
