"""One engine for the test session, and the calls tests make to it."""

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import aioboto3
import pytest
import pytest_asyncio
from botocore.config import Config
from botocore.exceptions import ClientError

from handrail.engine.engine import Engine, embedded_engine

ROOT = Path(__file__).parents[2]
ROLE_ARN = "arn:aws:iam::123456789012:role/handrail-test"
DEADLINE_S = 20
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:"

Definition = dict[str, Any]
Found = TypeVar("Found")


def one_state(name: str = "A", /, **state: Any) -> Definition:
    """A definition of one state that ends the execution; one inside another needs its own name."""
    return {"StartAt": name, "States": {name: {"End": True, **state}}}


WAIT = one_state(Type="Wait", Seconds=600)
PASS = one_state(Type="Pass")


async def refusal(call: Any) -> tuple[str, str]:
    """The error's code and message."""
    with pytest.raises(ClientError) as caught:
        await call
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


@dataclass(slots=True)
class Calls:
    """The engine's Step Functions, SQS and Lambda through AWS's own clients."""

    engine: Engine
    sfn: Any
    sqs: Any
    functions: Any
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    async def create(self, definition: Definition, **attributes: Any) -> str:
        """A new state machine's ARN."""
        answer = await self.sfn.create_state_machine(
            name=f"machine-{next(self._numbers)}",
            definition=json.dumps(definition),
            roleArn=ROLE_ARN,
            **attributes,
        )
        return str(answer["stateMachineArn"])

    async def start(self, machine_arn: str, input: Any = None, **attributes: Any) -> str:
        """A new execution's ARN."""
        answer = await self.sfn.start_execution(
            stateMachineArn=machine_arn, input=json.dumps(input or {}), **attributes
        )
        return str(answer["executionArn"])

    async def run(self, definition: Definition, input: Any = None) -> dict[str, Any]:
        """Create, start, and describe when it has ended."""
        return await self.ended(await self.start(await self.create(definition), input))

    async def ended(self, execution_arn: str) -> dict[str, Any]:
        """The description, once the execution runs no more."""

        async def look() -> dict[str, Any] | None:
            found: dict[str, Any] = await self.sfn.describe_execution(executionArn=execution_arn)
            return None if found["status"] == "RUNNING" else found

        return await eventually(look)

    async def history(self, execution_arn: str, **options: Any) -> list[dict[str, Any]]:
        """Every event, all pages."""
        pages = self.sfn.get_paginator("get_execution_history")
        asked = pages.paginate(executionArn=execution_arn, **options)
        return [event async for page in asked for event in page["events"]]

    async def reached(self, execution_arn: str, event_type: str) -> list[dict[str, Any]]:
        """The history, once it has an event of the type."""

        async def look() -> list[dict[str, Any]] | None:
            events = await self.history(execution_arn)
            return events if event_type in types(events) else None

        return await eventually(look)

    async def task_token(self, execution_arn: str) -> str:
        """The token in the parameters of the first task that waits for one."""
        for event in await self.reached(execution_arn, "TaskSubmitted"):
            if scheduled := event.get("taskScheduledEventDetails"):
                return str(json.loads(scheduled["parameters"])["MessageBody"]["token"])
        raise AssertionError("no task was scheduled")


async def eventually(look: Callable[[], Awaitable[Found | None]]) -> Found:
    """What `look` answers first that isn't None."""
    async with asyncio.timeout(DEADLINE_S):
        while (found := await look()) is None:  # noqa: ASYNC110 the engine is only asked
            await asyncio.sleep(0.01)
        return found


def types(events: list[dict[str, Any]]) -> list[str]:
    return [event["type"] for event in events]


@pytest.fixture(scope="session")
def machines_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's state machines and the probe's handlers."""
    folder = tmp_path_factory.mktemp("state_machines")
    shutil.copytree(ROOT / "state_machines", folder, dirs_exist_ok=True)
    shutil.copytree(Path(__file__).parent / "probe", folder / "probe")
    return folder


@pytest.fixture(scope="session")
def fast_handlers() -> Iterator[None]:
    before = os.environ.get("HANDLER_PACE")
    os.environ["HANDLER_PACE"] = "0"
    yield
    if before is None:
        del os.environ["HANDLER_PACE"]
    else:
        os.environ["HANDLER_PACE"] = before


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def engine(machines_dir: Path, fast_handlers: None) -> AsyncIterator[Engine]:
    async with embedded_engine(machines_dir, environment="test") as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def calls(engine: Engine) -> AsyncIterator[Calls]:
    session = aioboto3.Session(
        aws_access_key_id=engine.access_key_id,
        aws_secret_access_key=engine.secret_access_key,
        region_name=engine.region,
    )
    config = Config(
        inject_host_prefix=False, max_pool_connections=200, retries={"total_max_attempts": 1}
    )
    async with AsyncExitStack() as stack:
        sfn, sqs, functions = [
            await stack.enter_async_context(
                session.client(name, endpoint_url=engine.endpoint_url, config=config)
            )
            for name in ("stepfunctions", "sqs", "lambda")
        ]
        yield Calls(engine, sfn, sqs, functions)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def bucket(engine: Engine) -> AsyncIterator[str]:
    session = aioboto3.Session(
        aws_access_key_id=engine.access_key_id,
        aws_secret_access_key=engine.secret_access_key,
        region_name=engine.region,
    )
    async with session.client("s3", endpoint_url=engine.endpoint_url) as s3:
        await s3.create_bucket(Bucket="cases")
        yield "cases"
