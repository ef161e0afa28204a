"""What traces add to a start: one service that records none, one that records a tenth, and one that
records all. Rounds alternate, so that whatever else the machine does meets all three."""

import contextlib
import json
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from .children import Child, handrail, measured, python, running
from .figures import Figure, Options, Report, Target, ratios
from .processes.endpoint import MACHINE
from .processes.http_load import WARM_UP_S
from .start import CONCURRENCY, INPUT, Round

SHARES = {"off": None, "a tenth": "0.1", "all": "1"}
WHAT_RAN = f"""\
POST /v1/state-machines/{MACHINE}/executions on `handrail serve`, {CONCURRENCY} at a time, logging
to a file: HANDRAIL_TRACES off, and on with OTEL_TRACES_SAMPLER=parentbased_traceidratio, exporting
to a process that takes everything. CPU is of the service's process, its exporting thread too."""


async def run(options: Options) -> Report:
    rounds, seconds = (4, 1.0) if options.quick else (9, 3.0)
    found: dict[str, list[Round]] = {name: [] for name in SHARES}
    async with services() as serving:
        for name in SHARES:
            await _starts(serving[name], WARM_UP_S)
        for turn in range(rounds):
            for name in list(SHARES)[:: 1 if turn % 2 else -1]:
                found[name].append(await _starts(serving[name], seconds))
    costs = {name: [each.cpu_ms for each in of] for name, of in found.items()}
    return Report(
        "what traces add to a start",
        WHAT_RAN,
        [
            Figure(
                "CPU a start, a tenth recorded / off",
                ratios(costs["a tenth"], costs["off"]),
                "x",
                Target(at_most=1.05),
            ),
            Figure("CPU a start, all recorded / off", ratios(costs["all"], costs["off"]), "x"),
            *(Figure(f"CPU a start, {name}", values, "ms") for name, values in costs.items()),
        ],
        [],
    )


class Serving(dict[str, tuple[Child, Child, Path]]):
    """By what is recorded: the service, the endpoint behind it, and where bodies are."""


@contextlib.asynccontextmanager
async def services() -> AsyncIterator[Serving]:
    async with contextlib.AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        (folder / "start.json").write_text(json.dumps({"input": INPUT}))
        endpoint = await stack.enter_async_context(running(python("endpoint")))
        collector = await stack.enter_async_context(running(python("endpoint")))
        serving = Serving()
        for name, share in SHARES.items():
            variables = {"AWS_ENDPOINT_URL": endpoint.url}
            if share is not None:
                variables |= {
                    "HANDRAIL_TRACES": "true",
                    "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
                    "OTEL_TRACES_SAMPLER": "parentbased_traceidratio",
                    "OTEL_TRACES_SAMPLER_ARG": share,
                }
            service = running(handrail("serve", "--port=0"), variables, quiet=True)
            serving[name] = await stack.enter_async_context(service), endpoint, folder
        yield serving


async def _starts(serving: tuple[Child, Child, Path], seconds: float) -> Round:
    service, endpoint, folder = serving
    found = await measured(
        python(
            "http_load",
            f"{service.url}/v1/state-machines/{MACHINE}/executions",
            folder / "start.json",
            f"--connections={CONCURRENCY}",
            f"--seconds={seconds}",
            f"--pid={service.pid}",
            f"--pid={endpoint.pid}",
        )
    )
    return Round.of(found, found["cpu_s"][0], found["cpu_s"][1] + found["own_cpu_s"])
