"""Pages of lists that one replica reads for all."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from handrail.bus.lists import BusLists
from handrail.core.errors import Unavailable
from handrail.core.models import Execution, ExecutionId, ExecutionStatus, Page
from handrail.core.watch_bus import ListPage
from tests.bus_server import BusServer
from tests.fakes import ACCOUNT, BEGIN, machine_arn

from .conftest import OpenBus

ORDERS = machine_arn("orders")
RUNNING = ExecutionStatus.RUNNING


def execution(name: str, **fields: object) -> Execution:
    id = ExecutionId("orders", name)
    known = Execution(id, ACCOUNT.execution_arn(id), RUNNING, BEGIN)
    return replace(known, **fields)  # type: ignore[arg-type]


PAGE = Page(
    (
        execution("zwei ü", status=ExecutionStatus.FAILED, stopped_at=BEGIN, redrive_count=2),
        execution("one", version="3", alias="live"),
    ),
    "next",
    BEGIN,
)


@pytest.mark.parametrize("kind", ["bus_server", "bus_cluster"])
async def test_one_lists_and_all_are_told(
    kind: str, request: pytest.FixtureRequest, replica: OpenBus
) -> None:
    server: BusServer = request.getfixturevalue(kind)
    first, second = BusLists(await replica(server)), BusLists(await replica(server))
    assert await first.find(ORDERS, token=None, young_s=5.0) == ListPage(None, mine=True)
    assert await second.find(ORDERS, token=None, young_s=5.0) == ListPage(None, mine=False)
    await first.add(ORDERS, token=None, page=PAGE)
    assert await second.find(ORDERS, token=None, young_s=5.0) == ListPage(PAGE, mine=False)
    assert (await second.find(ORDERS, token="next", young_s=5.0)).mine, "another page"
    assert (await second.find(machine_arn("refunds"), token=None, young_s=5.0)).mine


async def test_what_is_old_is_listed_anew(bus_server: BusServer, replica: OpenBus) -> None:
    lists = BusLists(await replica(bus_server))
    await lists.add(ORDERS, token=None, page=PAGE)
    assert (await lists.find(ORDERS, token=None, young_s=-1.0)).mine


async def test_what_another_version_wrote_isnt_read(
    bus_server: BusServer, replica: OpenBus
) -> None:
    bus = await replica(bus_server)
    lists = BusLists(bus)
    await lists.add(ORDERS, token=None, page=PAGE)
    await bus.command("HSET", bus.key(f"list:{ORDERS}", "first", "page"), "page", b"{}")
    assert (await lists.find(ORDERS, token=None, young_s=5.0)).page is None


async def test_a_bus_that_is_away_says_so(
    new_bus_server: Callable[..., BusServer], replica: OpenBus
) -> None:
    server = new_bus_server()
    lists = BusLists(await replica(server))
    server.kill()
    with pytest.raises(Unavailable):
        await lists.find(ORDERS, token=None, young_s=5.0)
