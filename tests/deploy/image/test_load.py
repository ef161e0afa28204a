"""How the image's trial tells an answer from a refusal and from a request that was lost."""

import asyncio
from functools import partial

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer

from deploy.image.trial.load import Outcomes, close_code, keep_asking
from tests.server.free_port import free_port


async def answer(request: web.Request) -> web.StreamResponse:
    if request.path == "/socket":
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_str("hello")
        await socket.close(code=1012)
        return socket
    if request.path == "/lost":
        assert request.transport is not None
        request.transport.abort()
    return web.Response(status=int(request.query.get("status", "200")))


def server() -> TestServer:
    app = web.Application()
    app.router.add_get("/{anything}", answer)
    return TestServer(app)


async def asked(path: str) -> Outcomes:
    outcomes = Outcomes()
    async with server() as served, aiohttp.ClientSession(served.make_url("/")) as http:
        await outcomes.ask(partial(http.get, path))
    return outcomes


async def test_an_answer_is_counted() -> None:
    assert (await asked("/x")).answered == 1


async def test_a_server_s_error_and_a_refusal_of_the_request_are_failures() -> None:
    assert (await asked("/x?status=503")).failed == ["GET /x: 503"]
    assert (await asked("/x?status=401")).failed == ["GET /x: 401"]


async def test_a_request_that_is_taken_and_lost_is_a_failure() -> None:
    outcomes = await asked("/lost")
    assert (outcomes.answered, outcomes.refused, len(outcomes.failed)) == (0, 0, 1)


async def test_where_nobody_listens_nothing_was_accepted_and_asking_ends() -> None:
    outcomes = Outcomes()
    async with aiohttp.ClientSession() as http:
        await keep_asking(outcomes, partial(http.get, f"http://127.0.0.1:{free_port()}/"))
    assert (outcomes.answered, outcomes.refused, outcomes.failed) == (0, 1, [])


async def test_a_number_of_answers_can_be_waited_for() -> None:
    outcomes = Outcomes()
    async with server() as served, aiohttp.ClientSession(served.make_url("/")) as http:
        busy = asyncio.create_task(keep_asking(outcomes, partial(http.get, "/x")))
        await outcomes.reach(3)
        assert outcomes.answered >= 3
        busy.cancel()


async def test_a_socket_ends_with_the_code_it_was_closed_with() -> None:
    async with server() as served, aiohttp.ClientSession(served.make_url("/")) as http:
        assert await close_code(await http.ws_connect("/socket")) == 1012
