"""Metrics of the function, which writes them since nothing can scrape it."""

import pytest

from tests import events
from tests.stubs.stepfunctions import StepFunctionsStub
from tests.telemetry.emf_documents import Published, published

from .conftest import Cold

STAGE = ("Stage", "prod")
STARTING = events.http_v2("POST", "/v1/state-machines/order/executions", body="{}")


Log = pytest.CaptureFixture[str]


def metrics_in(log: Log) -> Published:
    """What CloudWatch makes of what was written since the last look, logs aside."""
    lines = log.readouterr().out.splitlines()
    return published("\n".join(line for line in lines if line.startswith("{")))


async def test_each_invocation_ends_with_its_metrics(cold: Cold, capsys: Log) -> None:
    async with cold(environment="prod") as one:
        told = []
        for _ in range(2):
            assert (await one.ask(STARTING)).status == 202
            told.append(metrics_in(capsys))
        await one.ask(events.http_v2("GET", "/healthz"))
    started = "Starts", (STAGE, ("StateMachine", "order"), ("Outcome", "started"))
    assert [each[started] for each in told] == [[1], [1]]
    found = metrics_in(capsys)
    assert started not in found
    assert found["HttpRequests", (STAGE, ("Status", "200"))] == [1]


async def test_one_that_fails_tells_its_metrics_too(
    cold: Cold, stub: StepFunctionsStub, capsys: Log
) -> None:
    stub.fail_next("StartExecution", code="ThrottlingException", times=3)
    async with cold(environment="prod") as one:
        assert (await one.ask(STARTING)).status == 503
    assert metrics_in(capsys)["Starts", (STAGE, ("Outcome", "throttled"))] == [1]


async def test_whoever_wants_none_in_the_log_has_none(cold: Cold, capsys: Log) -> None:
    async with cold(metrics="prometheus") as one:
        assert (await one.ask(STARTING)).status == 202
    assert metrics_in(capsys) == {}
