"""No key, token or ticket is found in a log, an answer, a stream or a metric."""

import io
import time
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from websockets import ConnectionClosed

from handrail.core.access.principals import AccessScope, Grant, Principal
from handrail.telemetry.logs import configure_logs
from tests.usecases.issuer import AUDIENCE, ISSUER, rsa_key, token

from .conftest import Serving
from .keys import KINDS, bearer, configured, key
from .served import Served
from .stories import running

ONE = "/v1/executions/order:one"
START = "/v1/state-machines/order/executions"
LINK_SECRET = "another secret of thirty-two or more"
SECRET = "a secret of more than thirty-two bytes, made up"


@pytest.fixture
def logs() -> io.StringIO:
    stream = io.StringIO()
    configure_logs("debug", "json", stream=stream)
    return stream


async def use(served: Served, credentials: list[str]) -> list[str]:
    """Show every credential everywhere one can be shown; all that came back, as texts."""
    said: list[str] = []
    for credential in credentials:
        for headers in (
            {"Authorization": f"Bearer {credential}"},
            {"X-Api-Key": credential},
            {"Authorization": f"Basic {credential}"},
        ):
            for method, path in (
                ("GET", ONE),
                ("GET", "/v1/state-machines"),
                ("POST", f"{ONE}/stop"),
                ("POST", "/v1/task-tokens/heartbeat"),
                ("GET", f"/v1/executions/{credential}:x"),
                ("GET", f"{ONE}?ticket={credential}"),
                ("GET", f"{ONE}?token={credential}"),
                ("GET", f"{ONE}/nowhere?token={credential}"),
                ("GET", f"{ONE}/ws?token={credential}"),
                ("GET", f"/v1/executions/order:none/stream?token={credential}"),
                ("POST", f"{START}?credential={credential}"),
            ):
                answer = await served.call(method, path, headers=headers, json={})
                said.append(f"{answer.headers} {answer.body!r}")
        said += await use_socket(served, credential)
    said.append(str((await served.get("/metrics")).body))
    return said


async def use_socket(served: Served, credential: str) -> list[str]:
    said = []
    for path, headers in (
        ("/v1/ws", {"Authorization": f"Bearer {credential}"}),
        (f"/v1/ws?ticket={credential}", {}),
        (f"/v1/ws?token={credential}", {}),
        (f"{ONE}/ws?token={credential}&after={credential}&level={credential}", {}),
    ):
        async with served.socket(path, additional_headers=headers) as socket:
            with suppress(ConnectionClosed):  # refused by its header or query already
                await socket.say("init", token=credential)
                await socket.say("nonsense", token=credential)
            said.append(f"{await socket.closed()} {socket.raw.close_reason}")
    async with served.socket() as socket:
        await socket.raw.send(f'{{"type":"init","token":["{credential}"]}}')
        said.append(f"{await socket.closed()} {socket.raw.close_reason}")
    return said


async def test_a_credential_shows_nowhere(serve: Serving, logs: io.StringIO) -> None:
    secret = {"auth": "api-key,jwt", "jwt_issuer": ISSUER, "jwt_audience": AUDIENCE}
    settings = {**configured(), **secret, "metrics_public": True, "jwt_secret": SECRET}
    settings["link_keys"] = f"k:{LINK_SECRET}"
    credentials = [key(kind) for kind in ("all", "bad", "expired", "elsewhere")]
    credentials.append(token(rsa_key(), exp=int(time.time()) + 60))
    async with serve(**settings) as served:
        running(served.stub)
        ticket = await served.post("/v1/ws-tickets", headers=bearer("read"))
        credentials.append(ticket.body["ticket"])
        body = {"executions": ["order:one"], "scopes": ["read"], "expires_in": 600}
        narrow = await served.post("/v1/tokens", body, headers=bearer("all"))
        credentials.append(narrow.body["token"])
        over = Principal("all", (Grant(AccessScope.READ),), expires_at=datetime.now(UTC))
        credentials.append(served.services.narrowed.issue(over))
        said = await use(served, credentials)
        said.append(repr(served.services))
    said.append(logs.getvalue())
    assert '"principal":"all"' in logs.getvalue()
    everything = "\n".join(said)
    for hidden in (*credentials, *map(key, KINDS), SECRET, LINK_SECRET):
        assert hidden not in everything


async def test_a_log_line_tells_who(serve: Serving, logs: io.StringIO) -> None:
    async with serve(**configured()) as served:
        await served.post("/v1/state-machines/order/executions", {}, headers=bearer("all"))
    (line,) = [line for line in logs.getvalue().splitlines() if "execution started" in line]
    assert '"principal":"all"' in line
