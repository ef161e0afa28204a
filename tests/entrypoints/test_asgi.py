"""The service as an ASGI application: by itself, with routes of one's own, mounted in another."""

import asyncio
import hashlib
import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import aiohttp
import pytest
import uvicorn
from quart import Blueprint

from handrail.core.errors import SettingsError
from handrail.entrypoints.asgi import Access, Application, Reach, asgi
from handrail.server.server import listen
from tests.stubs.stepfunctions import StepFunctionsStub
from tests.web.served import QUICK

EMBEDDING = Path(__file__).parents[2] / "docs" / "embedding.md"
KEYS = {"shop": ["read", "start"], "viewer": ["read"]}


def secret(name: str) -> str:
    return f"hr_{name}_{'k' * 43}"


@pytest.fixture
async def stub(environment: pytest.MonkeyPatch) -> AsyncIterator[StepFunctionsStub]:
    async with StepFunctionsStub() as stub:
        stub.add_machine("order")
        environment.setenv("AWS_ENDPOINT_URL_SFN", stub.url)
        for name, value in QUICK.items():
            environment.setenv(f"HANDRAIL_{name.upper()}", str(value))
        yield stub


def example(name: str) -> ModuleType:
    """A Python file of the document, imported afresh."""
    blocks = re.findall(r"```python\n(.*?)```", EMBEDDING.read_text(encoding="utf-8"), re.DOTALL)
    [code] = [block for block in blocks if block.startswith(f"# {name}\n")]
    module = ModuleType(name.removesuffix(".py"))
    exec(compile(code, name, "exec"), vars(module))  # noqa: S102 it is our own document
    return module


@asynccontextmanager
async def served(app: Any) -> AsyncIterator[aiohttp.ClientSession]:
    """By uvicorn, which knows nothing of ours, its lifespan events included."""
    with listen("127.0.0.1", 0) as listener:
        config = uvicorn.Config(app, ws="wsproto", log_config=None, lifespan="on")
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve(sockets=[listener]))
        host, port = listener.getsockname()
        try:
            async with aiohttp.ClientSession(f"http://{host}:{port}") as http:
                yield http
        finally:
            server.should_exit = True
            await task


async def call(
    http: aiohttp.ClientSession, method: str, path: str, key: str | None = None, **options: Any
) -> tuple[int, Any, Mapping[str, str]]:
    headers = {"X-Api-Key": key} if key else {}
    async with http.request(method, path, headers=headers, **options) as answer:
        body = await answer.json() if "json" in answer.content_type else await answer.text()
        return answer.status, body, answer.headers


async def test_it_serves_what_handrail_serve_does(stub: StepFunctionsStub) -> None:
    async with served(asgi()) as http:
        assert (await call(http, "GET", "/healthz"))[0] == 200
        status, started, headers = await call(
            http, "POST", "/v1/state-machines/order/executions", json={"input": {}, "name": "one"}
        )
        assert (status, headers["Location"]) == (202, "/v1/executions/order:one")
        async with http.ws_connect(started["links"]["ws"]) as socket:
            assert (await socket.receive_json())["type"] == "ready"
            assert (await socket.receive_json())["type"] == "subscribed"


async def test_routes_of_ones_own_are_asked_what_their_row_says(
    stub: StepFunctionsStub, environment: pytest.MonkeyPatch
) -> None:
    rows = [
        {
            "name": name,
            "sha256": hashlib.sha256(secret(name).encode()).hexdigest(),
            "scopes": scopes,
        }
        for name, scopes in KEYS.items()
    ]
    environment.setenv("HANDRAIL_AUTH", "api-key")
    environment.setenv("HANDRAIL_API_KEYS", json.dumps(rows))
    async with served(example("shop.py").app) as http:
        assert (await call(http, "POST", "/orders/7"))[0] == 401
        status, body, _ = await call(http, "POST", "/orders/7", secret("viewer"))
        assert (status, body["code"]) == (403, "forbidden")
        status, body, headers = await call(http, "POST", "/orders/7", secret("shop"))
        assert (status, body) == (202, {"execution": "order:7", "by": "shop"})
        assert headers["X-Request-Id"]
        status, body, _ = await call(http, "POST", "/orders/a*b", secret("shop"))
        assert (status, body["code"]) == (422, "invalid_name")
        assert "/orders/{order_id}" in (await call(http, "GET", "/openapi.json"))[1]["paths"]
    assert stub.calls["StartExecution"] == 1


async def test_with_authentication_off_they_answer_this_machine(stub: StepFunctionsStub) -> None:
    async with served(example("shop.py").app) as http:
        assert (await call(http, "POST", "/orders/7"))[1] == {"execution": "order:7", "by": None}


async def test_mounted_every_link_leads_below_the_mount(stub: StepFunctionsStub) -> None:
    async with served(example("main.py").app) as http:
        start = "/steps/v1/state-machines/order/executions"
        status, body, headers = await call(http, "POST", start, json={"input": {}, "name": "one"})
        here = "/steps/v1/executions/order:one"
        assert (status, headers["Location"]) == (202, here)
        assert all(link.startswith(here) for link in body["links"].values())
        for path in (
            here,
            f"{here}/tasks",
            "/steps/healthz",
            "/steps/",
            "/steps/static/favicon.svg",
        ):
            assert (await call(http, "GET", path))[0] == 200, path
        machine = (await call(http, "GET", "/steps/v1/state-machines/order"))[1]
        assert all(link.startswith("/steps/v1/") for link in machine["links"].values())
        assert (await call(http, "GET", machine["links"]["executions"]))[0] == 200
        openapi = (await call(http, "GET", "/steps/openapi.json"))[1]
        assert openapi["servers"] == [{"url": "/steps"}]
        asyncapi = (await call(http, "GET", "/steps/asyncapi.json"))[1]
        assert asyncapi["servers"]["service"]["pathname"] == "/steps"
        async with http.ws_connect(body["links"]["ws"]) as socket:
            await socket.receive_json()
            subscribed = await socket.receive_json()
            assert subscribed["snapshot"]["links"]["self"] == here
        assert (await call(http, "GET", "/v1/executions/order:one"))[0] == 404


@pytest.mark.parametrize("below", ["", "/steps"], ids=["prefix taken off", "prefix left on"])
async def test_the_public_urls_path_is_a_prefix_whether_or_not_a_proxy_takes_it_off(
    below: str, stub: StepFunctionsStub, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("HANDRAIL_PUBLIC_URL", "https://example.com/steps")
    async with served(asgi()) as http:
        path = f"{below}/v1/state-machines/order/executions"
        status, body, headers = await call(http, "POST", path, json={"name": "one"})
        assert (status, headers["Location"]) == (202, "/steps/v1/executions/order:one")
        assert body["links"]["self"] == "/steps/v1/executions/order:one"
        assert (await call(http, "GET", f"{below}/v1/executions/order:one"))[0] == 200
        assert (await call(http, "GET", f"{below}/healthz"))[0] == 200


async def hello() -> str:
    return "hello"


def own(path: str, *, websocket: bool = False) -> Blueprint:
    blueprint = Blueprint("own", __name__)
    add = blueprint.add_websocket if websocket else blueprint.add_url_rule
    add(path, "hello", hello)
    return blueprint


@pytest.mark.parametrize(
    ("blueprint", "access", "why"),
    [
        (own("/own"), {}, "say in `access`"),
        (own("/own"), {"/own": Access(Reach.PUBLIC), "/other": Access(Reach.PUBLIC)}, "no route"),
        (own("/own/<id>"), {"/own/<id>": Access(Reach.MACHINE)}, "reaches for <machine>"),
        (own("/<execution>"), {"/<execution>": Access(Reach.EXECUTION)}, "reaches for <execution:"),
        (own("/healthz"), {"/healthz": Access(Reach.PUBLIC)}, "Handrail's own"),
        (own("/ws", websocket=True), {"/ws": Access(Reach.PUBLIC)}, "sockets"),
    ],
)
async def test_routes_that_cant_be_served_keep_it_from_starting(
    blueprint: Blueprint, access: dict[str, Access], why: str, stub: StepFunctionsStub
) -> None:
    application = asgi(blueprints=[blueprint], access=access)
    with pytest.raises(ValueError, match=why):
        async with application.opened():
            pass
    assert why in (await startup(application))["message"]


async def test_rows_without_any_route_keep_it_from_starting(stub: StepFunctionsStub) -> None:
    application = asgi(access={"/forgotten": Access(Reach.PUBLIC)})
    assert "names no route of yours: /forgotten" in (await startup(application))["message"]


async def startup(application: Application) -> dict[str, Any]:
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    async def receive() -> dict[str, str]:
        return {"type": "lifespan.startup"}

    await application({"type": "lifespan"}, receive, send)
    assert sent[0]["type"] == "lifespan.startup.failed"
    return sent[0]


def request(address: str | None, host: str = "localhost") -> dict[str, Any]:
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/v1/state-machines",
        "query_string": b"",
        "headers": [(b"host", host.encode())],
        "client": None if address is None else (address, 50_000),
    }


async def answered(application: Application, scope: dict[str, Any]) -> int:
    statuses: list[int] = []

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    messages = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> dict[str, Any]:
        if not messages:
            await asyncio.Event().wait()
        return messages.pop()

    await application(scope, receive, send)
    return statuses[0]


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("127.0.0.1", 200),
        ("::1", 200),
        ("::ffff:127.0.0.1", 200),
        (None, 200),
        ("192.0.2.7", 403),
        ("::ffff:192.0.2.7", 403),
        ("2001:db8::1", 403),
        ("testclient", 403),
    ],
)
async def test_with_authentication_off_only_this_machine_is_answered(
    address: str | None, status: int, stub: StepFunctionsStub
) -> None:
    application = asgi()
    async with application.opened():
        assert await answered(application, request(address)) == status


async def test_sockets_are_refused_like_requests(stub: StepFunctionsStub) -> None:
    async with served(Elsewhere(asgi())) as http:
        async with http.ws_connect("/v1/ws") as socket:
            await socket.receive()
        assert socket.close_code == 4403


class Elsewhere:
    """As if all clients were on another machine."""

    def __init__(self, app: Application) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app({**scope, "client": ("192.0.2.7", 50_000)}, receive, send)


async def test_an_application_that_isnt_open_says_what_is_missing() -> None:
    with pytest.raises(RuntimeError, match=r"application\.opened\(\)"):
        await answered(asgi(), request("127.0.0.1"))


async def test_it_is_opened_once_at_a_time(stub: StepFunctionsStub) -> None:
    application = asgi()
    async with application.opened():
        with pytest.raises(RuntimeError, match="one lifespan"):
            async with application.opened():
                pass
    async with application.opened():
        assert await answered(application, request("127.0.0.1")) == 200


def test_where_links_are_signed_the_public_url_must_be_set(
    environment: pytest.MonkeyPatch,
) -> None:
    environment.setenv("HANDRAIL_LINK_KEYS", f"one:{'k' * 32}")
    with pytest.raises(SettingsError, match="HANDRAIL_PUBLIC_URL"):
        asgi()


@pytest.mark.parametrize("prefix", ["steps", "/steps/", "/", "/a b", "/a?b"])
def test_a_prefix_is_a_path(prefix: str) -> None:
    with pytest.raises(ValueError, match="prefix"):
        asgi(prefix=prefix)
