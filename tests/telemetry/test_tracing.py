"""Tracing is opened where it is wanted, and closed in time."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from importlib.abc import MetaPathFinder

import pytest
from structlog.testing import capture_logs

from handrail.core.errors import SettingsError
from handrail.telemetry.tracing import MISSING, in_time, open_tracing
from tests.otlp_receiver import OtlpReceiver, otlp_receiver

OFF = """
import asyncio, sys
from handrail.entrypoints.compose_http import open_services
from handrail.settings import Settings
from handrail.web.app import create_app
from handrail.web.quart_patches.http_connection import HttpConnection

async def main():
    async with open_services(Settings.read()) as services:
        app = create_app(services)
        assert services.tracer is None
        assert app.asgi_http_class is HttpConnection
        assert app.asgi_app.__func__ is type(app).asgi_app, "no layer around it"

asyncio.run(main())
print(*sorted(name for name in sys.modules if name.startswith("opentelemetry")))
"""


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[OtlpReceiver]:
    with otlp_receiver() as receiver:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url)
        yield receiver


def test_where_no_traces_are_wanted_nothing_of_opentelemetry_is_imported_or_installed() -> None:
    variables = {"AWS_REGION": "us-east-1", "HANDRAIL_STATE_MACHINES_DIR": "nowhere"}
    ran = subprocess.run(  # noqa: S603 our own text
        [sys.executable, "-c", OFF],
        env={"PYTHONPATH": ":".join(sys.path), **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stdout) == (0, "\n"), ran.stderr


async def test_where_none_are_wanted_there_is_no_tracer() -> None:
    async with open_tracing(wanted=False, environment="dev") as tracer:
        assert tracer is None


async def test_what_is_recorded_is_exported_at_the_end(receiver: OtlpReceiver) -> None:
    async with open_tracing(wanted=True, environment="prod") as tracer:
        assert tracer is not None
        tracer.serve("GET /", None)[0].end()
    (span,) = receiver.spans
    assert (span.name, span.kind, span.parent_id) == ("GET /", "server", "")
    assert span.resource["service.name"] == "handrail"
    assert span.resource["deployment.environment.name"] == "prod"


class Without(MetaPathFinder):
    """Finds no SDK, as where the extra isn't installed."""

    def find_spec(self, name: str, *_: object) -> None:
        if name.startswith("opentelemetry.sdk"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


async def test_without_the_extra_the_start_is_refused_with_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "meta_path", [Without(), *sys.meta_path])
    for name in [name for name in sys.modules if name.startswith("opentelemetry.sdk")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delitem(sys.modules, "handrail.telemetry.tracer", raising=False)
    with pytest.raises(SettingsError, match=r'pip install "handrail\[otel\]"') as refused:
        async with open_tracing(wanted=True, environment="dev"):
            pass
    assert str(refused.value) == MISSING


@pytest.mark.parametrize("address", ["localhost:4318", "collector", "grpc://collector:4317"])
async def test_an_address_that_nothing_can_be_sent_to_is_refused(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", address)
    with pytest.raises(SettingsError, match="OTEL_EXPORTER_OTLP_ENDPOINT"):
        async with open_tracing(wanted=True, environment="dev"):
            pass


async def test_where_the_sdk_is_disabled_there_is_no_tracer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    async with open_tracing(wanted=True, environment="dev") as tracer:
        assert tracer is None


async def test_variables_that_opentelemetry_refuses_are_refused_as_settings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "0")
    with pytest.raises(SettingsError, match="HANDRAIL_TRACES"):
        async with open_tracing(wanted=True, environment="dev"):
            pass


async def test_what_a_collector_that_hangs_doesn_t_take_is_said_to_be_lost(
    receiver: OtlpReceiver,
) -> None:
    receiver.hangs.set()
    with capture_logs() as lines:
        async with open_tracing(wanted=True, environment="dev", flush_s=0.05) as tracer:
            assert tracer is not None
            tracer.serve("GET /", None)[0].end()
    assert {"event": "traces not exported", "log_level": "warning", "within_s": 0.05} in lines


async def test_an_export_that_hangs_is_waited_for_no_longer_than_it_may() -> None:
    released, ran = threading.Event(), threading.Event()

    def hang() -> None:
        released.wait()
        ran.set()

    assert not await in_time(hang, 0.01)
    released.set()
    assert ran.wait(20), "it goes on all the same"
    assert await in_time(ran.wait, 20)
