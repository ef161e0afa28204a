"""A warm instance holds after a thousand invocations what it held after the first few."""

import itertools
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from tests import events
from tests.engine.engine_fixture import Calls
from tests.gateway_table import Storage

from .browser import Browser, browsing
from .lambda_deployment import Deployment, deployed
from .lambda_machines import STORY
from .lambda_probe import PROBE

pytestmark = pytest.mark.asyncio(loop_scope="session")

TO_WARM_UP = 60
INVOCATIONS = 1_000
A_FEW = 2
"""A connection kept alive more or less is no leak: that would be hundreds."""

TARGET = "tests.e2e.lambda_probe:Probed"


@pytest_asyncio.fixture(loop_scope="session")
async def single(calls: Calls, storage: Storage) -> AsyncIterator[Deployment]:
    """One instance has to do for everything."""
    async with deployed(calls, storage, target=TARGET, most=1) as deployment:
        yield deployment


def mixed(connection: str, execution: str) -> Iterator[events.Event]:
    """Every kind in turn, for ever."""
    for number in itertools.count():
        subscription = {"id": f"w{number}", "execution": execution}
        yield events.websocket_message(connection, {"type": "subscribe", **subscription})
        yield events.websocket_message(connection, {"type": "unsubscribe", **subscription})
        yield events.sqs_batch([events.status_change(execution, "RUNNING"), "poison"])
        yield events.logs_event([events.log_line(execution, 3)])
        yield events.sample("schedule_rule")
        for _ in range(5):
            yield events.websocket_message(connection, {"type": "ping"})
            yield events.websocket_message(connection, {"type": "pong"})
            yield events.http_v2("GET", f"/v1/executions/{execution}")
            yield events.http_v2("GET", "/v1/executions/no-such:execution")


async def test_a_thousand_invocations_leave_nothing_behind(single: Deployment) -> None:
    execution = await single.start(await single.create(STORY))
    await single.waits(execution, "First")
    async with browsing(single.sockets.url) as page:
        await page.subscribe(execution)
        some = mixed(await single.connection(), execution)
        await invoked(single, page, itertools.islice(some, TO_WARM_UP))
        before = await single.live.invoke(PROBE)
        await invoked(single, page, itertools.islice(some, INVOCATIONS))
        after = await single.live.invoke(PROBE)
    grown = {name: after[name] - before[name] for name in before}
    assert grown["objects"] < INVOCATIONS / 2
    assert max(grown["tasks"], grown["files"], grown["threads"]) <= A_FEW
    assert (grown["clients"], grown["pid"]) == (0, 0)
    assert before["clients"] == len(("stepfunctions", "dynamodb", "sqs", "sockets"))


async def invoked(deployment: Deployment, page: Browser, some: Iterator[events.Event]) -> None:
    """One after the other, on the one instance; what comes back to the page is heard."""
    for event in some:
        await deployment.live.invoke(event)
        if '"ping"' in str(event.get("body")):
            await page.hear("pong")
