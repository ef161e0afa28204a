"""The service takes callbacks off the queue that its settings name; without one it does nothing."""

import ast
import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from handrail.aws.clients import AwsConfig
from handrail.core.errors import SettingsError
from handrail.core.trace_context import TraceContext
from handrail.entrypoints.compose_callbacks import WORK, working_on
from handrail.entrypoints.compose_http import open_services
from handrail.settings import Settings
from handrail.web.app import create_app
from handrail.web.services import Services
from tests.engine.engine_fixture import Calls
from tests.web.served import eventually

from .callback_scene import CallbackScene, code_of

NOWHERE = AwsConfig(endpoint_url="http://127.0.0.1:1", region="us-east-1", max_attempts=1)

NOT_READ = "callback queue not read"
ROOT = Path(__file__).parents[2]
OURS = (
    "aws.callback_queue",
    "aws_lambda.callback_batches",
    "core.callback_messages",
    "entrypoints.compose_callbacks",
    "usecases.callback_consumer",
    "usecases.queued_callbacks",
)


def counted(services: Services, outcome: str) -> float:
    registry = services.metrics.registry
    return registry.get_sample_value("handrail_callbacks_total", {"outcome": outcome}) or 0.0


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("ending", ["", ".fifo"])
async def test_callbacks_come_by_the_queue(calls: Calls, ending: str) -> None:
    scene = await CallbackScene.made(calls, ending)
    group = "orders" if ending else None
    tasks = [await scene.wait() for _ in range(2)]
    answers: list[dict[str, Any]] = [
        {"outcome": "success", "output": {"n": 1}},
        {"outcome": "failure", "error": "No"},
    ]
    places = [{name: task[name] for name in ("execution", "event_id")} for task in tasks]
    async with open_services(scene.settings(), scene.config) as services:
        for place, said in zip(places, answers, strict=True):
            await scene.send(place | said, group=group)
        await scene.send(places[0] | answers[1], group=group)
        await scene.send("no JSON", group=group)
        assert [await scene.ended(task) for task in tasks] == ["SUCCEEDED", "FAILED"]
        await scene.empty()
        found = await scene.buried(2)
        assert {each["Body"]: code_of(each) for each in found} == {
            json.dumps(places[0] | answers[1]): "task_already_settled",
            "no JSON": "invalid_request",
        }
        assert (counted(services, "settled"), counted(services, "dead_lettered")) == (2, 2)


async def test_a_queue_that_isn_t_there_keeps_nobody_from_being_served() -> None:
    with capture_logs() as lines:
        async with open_services(Settings(callbacks_queue="nowhere"), NOWHERE) as services:
            assert services.callbacks is not None
            await eventually(lambda: any(line["event"] == NOT_READ for line in lines))
            answer = await create_app(services).test_client().get("/healthz")
            assert answer.status_code == 200


async def test_without_the_setting_no_task_is_started() -> None:
    before = len(asyncio.all_tasks())
    async with open_services(Settings(), NOWHERE) as services:
        assert services.callbacks is None
        names = [task.get_coro().__qualname__ for task in asyncio.all_tasks()]  # type: ignore[union-attr]
        assert not any("Callback" in name for name in names)
    assert len(asyncio.all_tasks()) == before


def at_once(module: str) -> Iterator[str]:
    """The modules of the service that a module names as it is imported, and not later."""
    path = ROOT.joinpath(*module.split("."))
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.parse(path.read_text("utf-8")).body if path.is_file() else ():
        if isinstance(node, ast.ImportFrom):
            up = package.split(".")[: -node.level + 1 or None] if node.level else ()
            source = ".".join([*up, *([node.module] if node.module else [])])
            yield from (source, *(f"{source}.{alias.name}" for alias in node.names))


@pytest.mark.parametrize("root", ["entrypoints.serve", "aws_lambda.runtime"])
def test_without_the_setting_nothing_of_it_is_imported(root: str) -> None:
    found, waiting = set[str](), [f"handrail.{root}"]
    while waiting:
        if (module := waiting.pop()) not in found and module.startswith("handrail."):
            found.add(module)
            waiting += at_once(module)
    assert "handrail.settings" in found
    assert found.isdisjoint(f"handrail.{name}" for name in OURS)


async def test_the_queue_of_nudges_brings_no_callbacks() -> None:
    url = "https://sqs.us-east-1.amazonaws.com/123456789012/nudges"
    settings = Settings(callbacks_queue="nudges", queue_url=url)
    with pytest.raises(SettingsError, match="HANDRAIL_CALLBACKS_QUEUE, HANDRAIL_QUEUE_URL"):
        async with open_services(settings, NOWHERE):
            pass


def test_each_message_has_a_span_where_traces_are_recorded() -> None:
    class Tracer:
        def working(self, *given: Any, **options: Any) -> Any:
            return given, options

    class WithTracer:
        tracer: Any = Tracer()

    came = TraceContext("a" * 32, "b" * 16, sampled=True)
    base: Any = WithTracer()
    made: Any = working_on(base)(came)
    assert made == (("callback", came), {"attributes": WORK})
    base.tracer = None
    with working_on(base)(came):
        pass


@pytest.mark.parametrize("name", ["a queue", "arn:aws:sns:us-east-1:123456789012:topic", "x" * 81])
def test_what_names_no_queue_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="callbacks_queue"):
        Settings(callbacks_queue=name)
