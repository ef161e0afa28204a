"""The pages: nothing is loaded from elsewhere."""

import json
import re
from pathlib import Path

import pytest

from handrail.web.routes.pages import policy
from handrail.web.site import COMMENTS
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
    whole = await served.get("/static/style/base.css")
    part = await served.get("/static/style/base.css", headers={"Range": "bytes=5-14"})
    assert (part.status, part.body) == (206, whole.body[5:15])
    assert part.headers["content-length"] == "10"
    same = {"If-None-Match": whole.headers["etag"]}
    assert (await served.get("/static/style/base.css", headers=same)).status == 304
    plain = {"Accept-Encoding": "identity"}
    head = await served.call("HEAD", "/static/style/base.css", headers=plain)
    assert head.headers["content-length"] == str(len(whole.body))


async def test_files_stand_under_the_version_of_their_content_and_are_kept_for_ever(
    served: Served,
) -> None:
    page = (await served.get("/")).body.decode()
    versions = set(re.findall(r"static/([0-9a-f]{16})/", page))
    assert len(versions) == 1
    (version,) = versions
    assert version in (await served.get("/docs")).body.decode()
    kept = await served.get(f"/static/{version}/vendor/LICENSES.txt")
    now = await served.get("/static/vendor/LICENSES.txt")
    older = await served.get(f"/static/{'0' * 16}/vendor/LICENSES.txt")
    assert kept.body == now.body == older.body
    assert kept.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert now.headers["cache-control"] == older.headers["cache-control"] == "no-cache"
    assert (await served.get(f"/static/{version}/nothing.js")).status == 404
    assert (await served.get(f"/static/{version}/../../app.py")).status == 404


@pytest.mark.parametrize("file", sorted(STATIC.rglob("*.js")), ids=lambda file: str(file.name))
def test_no_text_of_a_script_is_taken_for_a_comment(file: Path) -> None:
    """By backticks: within a template, a line that begins like a comment would be left out."""
    if file.relative_to(STATIC).parts[0] in {"vendor", "client"}:
        return
    ticks = 0
    for line in COMMENTS.sub(b"\0\n", file.read_bytes()).decode().splitlines():
        code, comment, _ = line.partition("\0")
        ticks += code.replace("\\`", "").count("`")
        assert not comment or ticks % 2 == 0
    assert ticks % 2 == 0


async def test_all_modules_of_a_view_are_asked_for_at_once(served: Served) -> None:
    page = (await served.get("/")).body.decode()
    first = set(re.findall(r'rel="modulepreload" href="static/[0-9a-f]+/([^"]+)"', page))
    assert len(first) == 1  # the page's own script has the rest of what it begins with
    data = re.search(r'<script type="application/json" id="modules">(.+?)</script>', page)
    assert data is not None
    views = json.loads(data[1])
    assert views.keys() == {"machine"}
    for view, modules in views.items():
        names = [module.split("/", 2)[2] for module in modules]
        assert f"page/{view}/view.js" in names
        assert first.isdisjoint(names)
        for module in modules:
            assert (await served.get(f"/{module}")).status == 200


async def test_files_are_compressed_for_those_who_take_that(served: Served) -> None:
    plain = await served.get("/static/page/main.js", headers={"Accept-Encoding": "identity"})
    refused = await served.get("/static/page/main.js", headers={"Accept-Encoding": "gzip;q=0"})
    compressed = await served.get("/static/page/main.js", headers={"Accept-Encoding": "gzip"})
    best = await served.get("/static/page/main.js", headers={"Accept-Encoding": "gzip, br"})
    small = await served.get("/static/favicon.svg", headers={"Accept-Encoding": "gzip"})
    assert compressed.headers["content-encoding"] == "gzip"
    assert int(compressed.headers["content-length"]) < len(plain.body) / 2
    assert best.headers["content-encoding"] == "br"
    assert int(best.headers["content-length"]) < int(compressed.headers["content-length"]) * 0.95
    assert best.body == compressed.body == plain.body == refused.body
    assert {"content-encoding"}.isdisjoint([*plain.headers, *refused.headers, *small.headers])
    assert plain.headers["vary"] == compressed.headers["vary"] == "Accept-Encoding"
    assert len({answer.headers["etag"] for answer in (plain, compressed, best)}) == 3
    same = {"If-None-Match": compressed.headers["etag"], "Accept-Encoding": "gzip"}
    assert (await served.get("/static/page/main.js", headers=same)).status == 304


@pytest.mark.parametrize("path", ["/", "/docs"])
async def test_a_page_may_do_no_more_than_it_does(served: Served, path: str) -> None:
    headers = (await served.get(path)).headers
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["form-action"] == "'self'"
    assert policy["connect-src"] == "'self' ws: wss:"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]
    script = await served.get("/static/page/main.js")
    assert script.headers["x-content-type-options"] == "nosniff"


def test_a_page_that_signs_in_may_ask_the_provider_for_tokens_and_nobody_else() -> None:
    allowed = policy("wss://a.example/live", "https://login.example:8443/oauth/token?x=y")
    assert allowed.endswith("; connect-src 'self' wss://a.example https://login.example:8443")
