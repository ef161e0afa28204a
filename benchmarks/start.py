"""Starting executions through the service, against calling AWS directly and against the tutorial's
service. All three talk to one endpoint that costs next to nothing."""

import contextlib
import json
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .children import Child, handrail, measured, python, running
from .figures import Figure, Options, Report, Target, ratios
from .processes.endpoint import MACHINE
from .processes.http_load import WARM_UP_S

CONCURRENCY = 50
INPUT = {
    "order_id": "7f3c9a1e-55d0-4c51-9d0e-0d2a4d6c1b11",
    "customer": {"id": "c-48213", "email": "ada@example.com", "tier": "gold"},
    "items": [{"sku": "KB-101", "quantity": 1, "price": "89.90"}],
    "total": "89.90",
    "currency": "EUR",
}
WHAT_RAN = f"""\
service   POST /v1/state-machines/{MACHINE}/executions on `handrail serve`, logging to a file
raw       aioboto3 start_execution, default Config, one client in asyncio.gather, no HTTP in front
tutorial  POST /trigger-workflow on Flask (werkzeug, threads), a boto3 client made a request
Each {CONCURRENCY} at a time against the same endpoint process; service and tutorial under the same
load generator. Rounds alternate. CPU is of the one process that is measured."""


@dataclass(frozen=True, slots=True)
class Round:
    """One process under load: starts a second, its own CPU, and how busy the helpers were."""

    per_s: float
    cpu_ms: float
    helpers_busy: float

    @classmethod
    def of(cls, found: dict[str, Any], cpu_s: float, helpers_s: float) -> "Round":
        """Raises RuntimeError where a start failed, or all did: it is no figure then."""
        if found.get("failed") or not found["answered"]:
            raise RuntimeError(f"starts failed: {found}")
        answered, elapsed = found["answered"], found["elapsed_s"]
        return cls(answered / elapsed, 1000 * cpu_s / answered, helpers_s / elapsed)


@dataclass(frozen=True, slots=True)
class Arena:
    """Everything that stands while the rounds run."""

    endpoint: Child
    service: Child
    tutorial: Child
    folder: Path
    seconds: float
    concurrency: int = CONCURRENCY

    async def raw(self) -> Round:
        found = await measured(
            python(
                "raw_starts",
                self.folder / "input.json",
                f"--concurrency={self.concurrency}",
                f"--seconds={self.seconds}",
                f"--pid={self.endpoint.pid}",
            ),
            {"AWS_ENDPOINT_URL": self.endpoint.url},
        )
        return Round.of(found, found["own_cpu_s"], found["cpu_s"][0])

    async def through_service(self) -> Round:
        path = f"/v1/state-machines/{MACHINE}/executions"
        return await self._posting(self.service, path, "start.json")

    async def through_tutorial(self) -> Round:
        return await self._posting(self.tutorial, "/trigger-workflow", "input.json")

    async def warm_up(self) -> None:
        """One caller first: fifty at once would each have boto3 load the same data."""
        alone = replace(self, concurrency=1, seconds=WARM_UP_S)
        await alone.through_service()
        await alone.through_tutorial()

    async def _posting(self, server: Child, path: str, body: str) -> Round:
        found = await measured(
            python(
                "http_load",
                server.url + path,
                self.folder / body,
                f"--connections={self.concurrency}",
                f"--seconds={self.seconds}",
                f"--pid={server.pid}",
                f"--pid={self.endpoint.pid}",
            )
        )
        return Round.of(found, found["cpu_s"][0], found["cpu_s"][1] + found["own_cpu_s"])


async def run(options: Options) -> Report:
    rounds, seconds = (2, 1.0) if options.quick else (5, 3.0)
    async with arena(seconds) as stage:
        found = [
            (await stage.through_service(), await stage.raw(), await stage.through_tutorial())
            for _ in range(rounds)
        ]
    service, raw, tutorial = zip(*found, strict=True)
    notes = [await _profiled(seconds)] if options.profile else []
    return Report("executions started a second", WHAT_RAN, _figures(service, raw, tutorial), notes)


@contextlib.asynccontextmanager
async def arena(seconds: float, profile: Path | None = None) -> AsyncIterator[Arena]:
    """The endpoint and both services, up and aimed at each other."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "input.json").write_text(json.dumps(INPUT))
        (folder / "start.json").write_text(json.dumps({"input": INPUT}))
        async with running(python("endpoint")) as endpoint:
            aimed = {"AWS_ENDPOINT_URL": endpoint.url}
            serve = handrail("serve", "--port=0", profile=profile)
            async with (
                running(serve, aimed, quiet=True) as service,
                running(python("tutorial"), aimed) as tutorial,
            ):
                stage = Arena(endpoint, service, tutorial, folder, seconds)
                await stage.warm_up()
                yield stage


def _figures(
    service: tuple[Round, ...], raw: tuple[Round, ...], tutorial: tuple[Round, ...]
) -> list[Figure]:
    rows = {"service": service, "raw": raw, "tutorial": tutorial}
    rates = {name: [each.per_s for each in found] for name, found in rows.items()}
    costs = {name: [each.cpu_ms for each in found] for name, found in rows.items()}
    busy = [each.helpers_busy for found in rows.values() for each in found]
    return [
        Figure(
            "starts/s, service / raw aioboto3",
            ratios(rates["service"], rates["raw"]),
            "x",
            Target(at_least=0.65),
        ),
        Figure(
            "starts/s, service / tutorial",
            ratios(rates["service"], rates["tutorial"]),
            "x",
            Target(at_least=3),
        ),
        Figure("CPU a start, raw / service", ratios(costs["raw"], costs["service"]), "x"),
        Figure("CPU a start, tutorial / service", ratios(costs["tutorial"], costs["service"]), "x"),
        *(Figure(f"starts/s, {name}", values, "/s") for name, values in rates.items()),
        *(Figure(f"CPU a start, {name}", values, "ms") for name, values in costs.items()),
        Figure("cores used by endpoint and load generator", busy, "cores"),
    ]


async def _profiled(seconds: float) -> str:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "profile.txt"
        async with arena(seconds, profile=path) as stage:
            await stage.through_service()
        return "\n" + path.read_text()
