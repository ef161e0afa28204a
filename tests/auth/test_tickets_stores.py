"""Which tickets are good where, by the settings."""

from pathlib import Path

import pytest

from handrail.auth.tickets import InMemoryTickets, Tickets
from handrail.aws.calls import AwsCalls
from handrail.aws.clients import AwsConfig, Clients, open_clients
from handrail.core.access.principals import ANYBODY
from handrail.core.errors import Unauthenticated
from handrail.entrypoints.compose_base import build_tickets
from handrail.settings import Settings
from tests.environment import made_up
from tests.fakes import FakeClock
from tests.gateway_table import Storage


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    made_up(monkeypatch, tmp_path, "AWS_", "HANDRAIL_")


def tickets_at(settings: Settings, clock: FakeClock, clients: Clients) -> Tickets:
    return build_tickets(settings, clients, AwsCalls(), clock, InMemoryTickets(clock))


async def test_with_a_table_a_ticket_is_good_at_any_replica(
    storage: Storage, table_name: str
) -> None:
    settings, clock = Settings(table=table_name), FakeClock()
    config = AwsConfig(endpoint_url=storage.url)
    async with open_clients(config) as here, open_clients(config) as there:
        ticket = await build_tickets(
            settings, here, AwsCalls(), clock, InMemoryTickets(clock)
        ).issue(ANYBODY)
        other = tickets_at(settings, clock, there)
        assert await other.redeem(ticket.text) == ANYBODY


async def test_without_one_it_is_good_where_it_was_given_out(storage: Storage) -> None:
    settings, clock = Settings(), FakeClock()
    async with open_clients(AwsConfig(endpoint_url=storage.url)) as clients:
        here, there = (tickets_at(settings, clock, clients) for _ in range(2))
        ticket = await here.issue(ANYBODY)
        with pytest.raises(Unauthenticated):
            await there.redeem(ticket.text)
        assert await here.redeem(ticket.text) == ANYBODY
