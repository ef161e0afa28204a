"""Query parameters: what a route doesn't have is refused by name, but where strangers add some."""

import pytest

from tests.web.conftest import Serving
from tests.web.keys import bearer, configured
from tests.web.served import Served
from tests.web.stories import WITH_APPROVAL, running, waiting

ONE = "/v1/executions/order:one"


@pytest.fixture
def waits(served: Served) -> Served:
    served.stub.add_machine("order", definition=WITH_APPROVAL)
    served.stub.append(running(served.stub), *waiting())
    return served


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/state-machines?nmae=order"),
        ("GET", "/v1/state-machines/order?utm_source=x"),
        ("POST", "/v1/state-machines/order/executions?wiat=5"),
        ("POST", "/v1/state-machines/price/sync-executions?wait=5"),
        ("GET", f"{ONE}?afetr=1:2"),
        ("GET", f"{ONE}/events?After=1:2"),
        ("GET", f"{ONE}/stream?leevl=events"),
        ("GET", f"{ONE}/tasks?state=Approve"),
        ("GET", f"{ONE}/visits?limit=5"),
        ("GET", f"{ONE}/items?Status=FAILED"),
        ("POST", f"{ONE}/stop?cause=enough"),
        ("POST", f"{ONE}/redrive?wait=5"),
        ("POST", f"{ONE}/replay?name=two"),
        ("POST", f"{ONE}/tasks/3/success?output=1"),
        ("POST", "/v1/task-tokens/success?token=x"),
        ("POST", "/v1/ws-tickets?execution=order:one"),
        ("POST", "/trigger-workflow?wait=5"),
    ],
)
async def test_an_option_that_isn_t_there_is_refused_by_name(
    waits: Served, method: str, path: str
) -> None:
    answer = await waits.call(method, path, json=None if method != "POST" else {})
    assert answer.status == 422
    name = path.partition("?")[2].partition("=")[0]
    assert [error["path"] for error in answer.body["errors"]] == [name]
    assert name in answer.body["detail"]
    assert len(waits.stub.account.runs) == 1
    assert waits.stub.execution(next(iter(waits.stub.account.runs))).status == "RUNNING"


async def test_a_name_that_is_nearly_right_is_told_the_right_one(served: Served) -> None:
    (error,) = (await served.get("/v1/executions?stateMachine=order")).body["errors"]
    assert error["message"].endswith("It is `state_machine`.")
    (error,) = (await served.get("/v1/executions?name=x")).body["errors"]
    assert error["message"].endswith("takes: limit, page, state_machine, status.")


@pytest.mark.parametrize(
    "path",
    ["/", "/docs", "/openapi.json", "/healthz", "/readyz", "/metrics", "/static/page/main.js"],
)
async def test_pages_and_probes_pass_over_what_they_don_t_know(served: Served, path: str) -> None:
    assert (await served.get(f"{path}?utm_source=mail&v=3")).status == 200


async def test_a_signed_link_passes_over_what_mail_programs_add(serve: Serving) -> None:
    async with serve(link_keys=f"k:{'x' * 32}") as served:
        served.stub.add_machine("order", definition=WITH_APPROVAL)
        served.stub.append(running(served.stub), *waiting())
        link = (await served.post(f"{ONE}/tasks/3/links", {})).body["url"]
        path = link[link.index("/v1/") :]
        assert (await served.get(f"{path}?utm_source=mail&fbclid=x")).status == 200
        twice = await served.post(f"{path}?action=success&action=failure&utm=x", {"output": 1})
        assert (twice.status, twice.body["errors"][0]["path"]) == (422, "action")


async def test_an_empty_cursor_is_none(waits: Served) -> None:
    for path in (ONE, f"{ONE}/events"):
        assert (await waits.get(f"{path}?after=")).status == 200


async def test_a_stream_s_credential_is_no_option(waits: Served) -> None:
    ticket = (await waits.post("/v1/ws-tickets")).body["ticket"]
    async with waits.http.get(f"{ONE}/stream?ticket={ticket}") as answer:
        assert answer.status == 200
    async with waits.http.get(f"{ONE}/stream?token=t") as answer:  # nobody is asked: it isn't read
        assert answer.status == 200


async def test_strangers_are_told_nothing_of_options(serve: Serving) -> None:
    async with serve(**configured()) as served:
        assert (await served.get("/v1/executions?name=x")).status == 401
        answer = await served.get("/v1/executions?name=x", headers=bearer("all"))
        assert answer.status == 422
        assert (await served.get(f"{ONE}?name=x", headers=bearer("elsewhere"))).status == 404


async def test_a_long_name_is_cut(served: Served) -> None:
    (error,) = (await served.get(f"/v1/executions?{'x' * 500}=1")).body["errors"]
    assert len(error["path"]) < 100


@pytest.mark.parametrize(
    "path",
    [
        "/v1/ws?after=1:2",
        "/v1/ws?Ticket=t",
        f"{ONE}/ws?afetr=1:2",
        f"{ONE}/ws?{'x' * 300}=1",
        f"{ONE}/ws?%C3%A9=1",
    ],
)
async def test_a_socket_s_misspelt_option_closes_it_with_the_name(waits: Served, path: str) -> None:
    async with waits.socket(path) as socket:
        assert await socket.closed() == 4400
        assert (socket.raw.close_reason or "").startswith("No query parameter of a socket: ")


async def test_a_socket_s_option_given_twice_closes_it(waits: Served) -> None:
    async with waits.socket(f"{ONE}/ws?after=1:2&after=1:3") as socket:
        assert await socket.closed() == 4400
        assert socket.raw.close_reason == "Given more than once: after."


async def test_a_socket_s_options_are_taken(waits: Served) -> None:
    ticket = (await waits.post("/v1/ws-tickets")).body["ticket"]
    for credential in (f"ticket={ticket}", "token=t"):
        async with waits.ready(f"{ONE}/ws?after=&level=status&{credential}") as socket:
            assert (await socket.hear())["type"] == "subscribed"
