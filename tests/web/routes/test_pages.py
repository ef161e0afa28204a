"""The pages: nothing is loaded from elsewhere."""

import re
from pathlib import Path

import pytest

from tests.web.conftest import Serving
from tests.web.served import Served

STATIC = Path(__file__).parents[3] / "service" / "web" / "static"


async def test_the_pages_connect_to_the_named_sockets_and_nowhere_else(serve: Serving) -> None:
    async with serve(socket_url="wss://abc.example.com/live") as served:
        policy = (await served.get("/")).headers["content-security-policy"]
    assert policy.endswith("; connect-src 'self' wss://abc.example.com")


async def test_links_name_the_sockets_where_they_live_elsewhere(serve: Serving) -> None:
    async with serve(socket_url="wss://abc.example.com/live") as served:
        started = await served.post(
            "/v1/state-machines/order/executions", {"input": {}, "name": "one"}
        )
        shown = await served.get("/v1/executions/order:one")
        listed = await served.get("/v1/executions?state_machine=order")
    there = "wss://abc.example.com/live?execution=order:one"
    bodies = (started.body, shown.body, *listed.body["executions"])
    assert [body["links"]["ws"] for body in bodies] == [there] * 3
    assert {body["links"]["events"] for body in bodies} == {"/v1/executions/order:one/events"}


@pytest.mark.parametrize("path", ["/", "/docs"])
async def test_a_page_loads_everything_from_here(served: Served, path: str) -> None:
    answer = await served.get(path)
    assert (answer.status, answer.media_type) == (200, "text/html")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    loaded = re.findall(r'(?:src|href)="([^"#]+)"', answer.body.decode())
    assert loaded
    for resource in loaded:
        assert not re.match(r"(?:https?:)?//", resource), resource
        found = await served.get(resource if resource.startswith("/") else f"/{resource}")
        assert found.status == 200, resource


@pytest.mark.parametrize("file", sorted(STATIC.rglob("*.*")), ids=lambda file: str(file.name))
async def test_no_script_or_style_loads_from_elsewhere(served: Served, file: Path) -> None:
    text = (await served.get(f"/static/{file.relative_to(STATIC)}")).body.decode()
    assert not re.search(r"""(?:import|from|fetch|url)\s*\(?\s*["']?(?:https?:)?//""", text)
    for imported in re.findall(r"""(?:from|import\()\s*["']([^"']+)["']""", text):
        target = (file.parent / imported).resolve().relative_to(STATIC)
        assert (await served.get(f"/static/{target}")).status == 200


@pytest.mark.parametrize(
    "path",
    ["/static/..%2fapp.py", "/static/../app.py", "/static/%2e%2e/app.py", "/static//etc/passwd"],
)
async def test_only_static_files_are_served(served: Served, path: str) -> None:
    answer = await served.get(path)
    assert answer.status in {308, 404}


async def test_a_page_is_read_in_ranges_and_not_again_while_it_is_the_same(served: Served) -> None:
    whole = await served.get("/static/style.css")
    part = await served.get("/static/style.css", headers={"Range": "bytes=5-14"})
    assert (part.status, part.body) == (206, whole.body[5:15])
    assert part.headers["content-length"] == "10"
    same = {"If-None-Match": whole.headers["etag"]}
    assert (await served.get("/static/style.css", headers=same)).status == 304
    head = await served.call("HEAD", "/static/style.css")
    assert head.headers["content-length"] == str(len(whole.body))
