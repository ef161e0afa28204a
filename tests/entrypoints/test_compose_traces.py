"""Executions are exported where traces are wanted; elsewhere nothing is imported for it, and nobody
is told of ends."""

import pytest

from handrail.aws.clients import AwsConfig
from handrail.entrypoints.compose_base import open_base
from tests.cli.commands import imported
from tests.environment import settings_of
from tests.otlp_receiver import otlp_receiver
from tests.stubs.stepfunctions import StepFunctionsStub
from tests.web.stories import ran, running, succeeded


@pytest.mark.parametrize("wanted", [True, False])
async def test_who_wants_traces_is_told_of_ends(
    wanted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    with otlp_receiver() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        async with StepFunctionsStub() as stub:
            stub.add_machine("order")
            arn = running(stub)
            settings = settings_of(traces=wanted, live_poll_min_s=0.02, live_poll_max_s=0.05)
            async with open_base(settings, AwsConfig(endpoint_url=stub.url)) as base:
                assert (base.tracing.exports is None) is not wanted
                async with base.hub.watching("order:one") as watcher:
                    stub.append(arn, *ran("Charge"), succeeded())
                    await base.hub.wait_until(watcher, lambda feed: feed.ended, timeout_s=20.0)
        names = [span.name for span in collector.spans]
        assert names == (["execution order", "Charge", "lambda:invoke"] if wanted else [])


def test_without_traces_nothing_of_them_is_imported() -> None:
    found = imported("import handrail.entrypoints.compose_http")
    assert "handrail.usecases.trace_exports" not in found
    assert not any(name.startswith("opentelemetry.sdk") for name in found)
