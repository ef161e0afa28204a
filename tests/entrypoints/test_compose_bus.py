"""Where what all replicas share is kept, by the settings."""

import pytest
from pydantic import SecretStr

from handrail.bus.nudges import SharedNudges
from handrail.clock import SystemClock
from handrail.core.errors import SettingsError
from handrail.core.pacing import TokenBucket
from handrail.entrypoints.compose_bus import open_shared_ports
from handrail.settings import Settings
from handrail.telemetry.metrics import Metrics
from tests.bus_server import BusServer
from tests.fakes import FakeClock


async def test_without_a_bus_it_is_this_process_s_memory() -> None:
    opening = open_shared_ports(
        Settings(), FakeClock(), Metrics(), region="eu-west-1", lasting=False
    )
    async with opening as shared:
        assert shared.link is None
        assert shared.bus_up() is None
        assert isinstance(shared.quota("ListExecutions", 2.0, 4.0), TokenBucket)


async def test_with_one_it_is_there_under_the_stage_and_the_region(bus_server: BusServer) -> None:
    settings = Settings(bus_url=SecretStr(bus_server.url), ENVIRONMENT="composed")
    opening = open_shared_ports(
        settings, SystemClock(), Metrics(), region="eu-west-1", lasting=True
    )
    async with opening as shared:
        assert shared.bus_up()
        assert isinstance(shared.nudges, SharedNudges)
        await shared.checkpoints("events").put("shard-1", "17")
        with bus_server.blocking() as client:
            assert len(list(client.scan_iter("handrail:composed:eu-west-1:{*}:checkpoint"))) == 1


async def test_a_function_that_is_frozen_between_events_takes_none() -> None:
    settings = Settings(bus_url=SecretStr("redis://app:s3cret@bus"))
    opening = open_shared_ports(settings, FakeClock(), Metrics(), region="eu-west-1", lasting=False)
    with pytest.raises(SettingsError, match=r"^HANDRAIL_BUS_URL: .*Lambda") as refused:
        async with opening:
            pass
    assert "s3cret" not in str(refused.value)
