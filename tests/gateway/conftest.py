"""The toy function behind both APIs, and AWS's own client for the management API."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aioboto3
import pytest
import pytest_asyncio

from tests.e2e.processes import environment
from tests.engine.engine_fixture import eventually

from .functions import Deployed
from .http_api import HttpApi
from .management import ManagementApi
from .servers import served
from .sockets import WebSocketApi


@dataclass(slots=True)
class Toyed:
    """The toy, deployed. `notes` is the file it writes what it was told into."""

    function: Deployed
    sockets: WebSocketApi
    management: ManagementApi
    posts: Any
    http_url: str
    notes: Path

    async def told(self, count: int) -> list[dict[str, Any]]:
        """The first `count` events it noted, once there are so many."""

        async def look() -> list[dict[str, Any]] | None:
            text = self.notes.read_text() if self.notes.exists() else ""
            lines = text.split("\n")[:-1]  # the last may be half written
            return [json.loads(line) for line in lines] if len(lines) >= count else None

        return await eventually(look)


@pytest_asyncio.fixture(loop_scope="session")
async def toy(tmp_path: Path) -> AsyncIterator[Toyed]:
    notes = tmp_path / "notes"
    variables = environment(TOY_NOTES=str(notes))
    function = Deployed("toy", "tests.gateway.toy:Toy", variables)
    async with function:
        sockets = WebSocketApi(function.invoke)
        management = ManagementApi(sockets)
        async with (
            sockets.serving(),
            served(management.app) as management_url,
            served(HttpApi(function.invoke).app) as http_url,
            posting(f"{management_url}/{sockets.stage}") as posts,
        ):
            function.variables = {
                **variables,
                "TOY_ENDPOINT": f"{management_url}/{sockets.stage}",
            }
            yield Toyed(function, sockets, management, posts, http_url, notes)


def posting(url: str) -> Any:
    session = aioboto3.Session(
        aws_access_key_id="AKIDEXAMPLE", aws_secret_access_key="made-up", region_name="us-east-1"
    )
    return session.client("apigatewaymanagementapi", endpoint_url=url)


@pytest.fixture(autouse=True)
def one_try(monkeypatch: pytest.MonkeyPatch) -> None:
    """botocore doesn't try again what is meant to fail."""
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
