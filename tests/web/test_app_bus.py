"""Two replicas of the service with a bus between them, without it, and when it is back."""

from collections.abc import Callable

from tests.bus_server import BusServer

from .conftest import Serving
from .keys import bearer, configured
from .routes.test_health import samples
from .served import Served, eventually
from .stories import entered, exited, running

START = "/v1/state-machines/order/executions"
TICKETS = "/v1/ws-tickets"
KEY = {"Idempotency-Key": "order-1"}


async def ready(served: Served) -> tuple[int, dict[str, str]]:
    answer = await served.get("/readyz")
    return answer.status, answer.body


async def all_are_there(*replicas: Served) -> None:
    links = [served.services.bus_up for served in replicas]
    await eventually(lambda: all(up() for up in links))


async def test_what_one_replica_did_another_knows(serve: Serving, bus_server: BusServer) -> None:
    options = {"bus_url": bus_server.url, "environment": "known-to-all", **configured()}
    async with serve(**options) as here, serve(**options) as there:
        await all_are_there(here, there)
        assert await ready(here) == (200, {"status": "ok", "bus": "ok"})
        ticket = (await here.post(TICKETS, headers=bearer("all"))).body["ticket"]
        async with there.ready(f"/v1/ws?ticket={ticket}"):
            pass
        started = await here.post(START, {}, headers=bearer("all") | KEY)
        again = await there.post(START, {}, headers=bearer("all") | KEY)
        assert (started.status, again.status) == (202, 200)
        other = await there.post(START, {"input": 1}, headers=bearer("all") | KEY)
        assert other.status == 409


async def test_a_caller_s_share_is_of_all_replicas(serve: Serving, bus_server: BusServer) -> None:
    options = {"bus_url": bus_server.url, "environment": "one-share", "principal_sockets": 1}
    async with serve(**options, **configured()) as here, serve(**options, **configured()) as there:
        await all_are_there(here, there)
        async with here.ready(additional_headers=bearer("read")):
            shares = there.services.sockets.shares
            await eventually(lambda: shares.full("read"))
            async with there.socket(additional_headers=bearer("read")) as second:
                assert await second.closed() == 1013
            async with there.ready(additional_headers=bearer("all")):
                pass
        await eventually(lambda: not shares.full("read"))


async def test_sockets_outlive_the_bus_and_readiness_says_that_it_is_away(
    serve: Serving, new_bus_server: Callable[..., BusServer]
) -> None:
    server = new_bus_server()
    async with serve(bus_url=server.url) as served:
        await all_are_there(served)
        arn = running(served.stub)
        async with served.ready("/v1/executions/order:one/ws") as socket:
            await socket.hear("subscribed")
            server.kill()
            up = served.services.bus_up
            await eventually(lambda: not up())
            assert await ready(served) == (200, {"status": "degraded", "bus": "degraded"})
            assert await samples(served, "handrail_bus_up") == {(): 0}
            served.stub.append(arn, entered("Pay"))
            assert (await socket.hear("update"))["cursor"].endswith(":2")
            assert (await served.post(START, {}, headers=KEY)).status == 202
            assert (await served.post(START, {}, headers=KEY)).status == 200
            server.start()
            await eventually(up)
            assert await ready(served) == (200, {"status": "ok", "bus": "ok"})
            assert await samples(served, "handrail_bus_up") == {(): 1}
            served.stub.append(arn, exited("Pay"))
            await socket.hear("update")
