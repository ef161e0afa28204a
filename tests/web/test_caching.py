"""How long answers may be kept: on every route by one rule."""

from pathlib import Path

import pytest
from werkzeug.exceptions import NotFound

from handrail.web.app import create_app
from handrail.web.caching import file_in
from tests.server.wire import wired
from tests.web.conftest import Serving
from tests.web.served import Served
from tests.web.stories import running

KEPT = {"/", "/docs", "/openapi.json", "/asyncapi.json", "/static/<path:filename>"}
"""Changed by a new version of the service alone."""

NAMED = {
    "execution": "order:one",
    "machine": "order",
    "event_id": "1",
    "signed": "x",
    "filename": "page/main.js",
    "key": "x",
}


def routes(served: Served) -> list[tuple[str, str, str]]:
    """Every rule, with a path and a method of it."""
    found = []
    for rule in create_app(served.services).url_map.iter_rules():
        named = {name: NAMED[name] for name in rule.arguments if name in NAMED}
        assert rule.arguments <= named.keys() | {"execution", "name"}
        path = rule.rule
        for name, text in named.items():
            for converter in ("", "execution:", "int:", "path:"):
                path = path.replace(f"<{converter}{name}>", text)
        assert "<" not in path
        methods = {"GET"} if rule.websocket else set(rule.methods or ())
        found += [(rule.rule, path, method) for method in sorted({*methods, "DELETE"})]
    return found


async def test_no_answer_is_kept_but_what_a_new_version_alone_changes(served: Served) -> None:
    running(served.stub)
    asked = routes(served)
    assert len(asked) > 50
    for rule, path, method in asked:
        async with served.http.request(method, path, headers={"Accept": "*/*"}) as answer:
            kept = rule in KEPT and answer.status == 200
            wanted = "no-cache" if kept else "no-store"
            assert answer.headers["cache-control"] == wanted, (method, path, answer.status)
            assert ("etag" in answer.headers) is kept
            assert "expires" not in answer.headers
            assert "last-modified" not in answer.headers


@pytest.mark.parametrize(
    "path", ["/", "/docs", "/openapi.json", "/asyncapi.json", "/static/page/main.js"]
)
async def test_what_may_be_kept_is_sent_once(served: Served, path: str) -> None:
    first = await served.get(path)
    again = await served.get(path, headers={"If-None-Match": first.headers["etag"]})
    other = await served.get(path, headers={"If-None-Match": '"another"'})
    assert (again.status, again.body) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert again.headers["cache-control"] == "no-cache"
    assert (other.status, other.body) == (200, first.body)


async def test_every_file_is_known_by_its_content_whatever_its_date(
    served: Served, tmp_path: Path
) -> None:
    """Those of an image, or of a function's zip, have one date, and two may have one length."""
    app = create_app(served.services)
    app.static_folder = str(tmp_path)
    client, tags = app.test_client(), []
    for text in ("one", "two", "one"):
        (tmp_path / "a.js").write_text(text)
        answer = await client.get("/static/a.js", headers={"Host": "localhost"})
        tags.append(answer.headers["etag"])
    assert tags[0] == tags[2] != tags[1]


async def test_refusals_from_below_the_app_are_not_kept_either(serve: Serving) -> None:
    async with serve(request_timeout_s=0.2) as served:
        for sent, status in (
            ("GET /healthz HTTP/1.1\r\nHost: a..b\r\n\r\n", 400),
            ("GET //healthz HTTP/1.1\r\nHost: a\r\n\r\n", 404),
            ("POST /v1/ws-tickets HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n", 408),
            ("GET /healthz HTTP/9\r\nHost: a\r\n\r\n", 400),
            (f"GET /healthz HTTP/1.1\r\nHost: a\r\nX: {'x' * 40_000}\r\n\r\n", 431),
        ):
            async with wired(served.port) as wire:
                wire.send(sent)
                answer = await wire.answered()
            assert answer.status == status
            assert "cache-control: no-store" in answer.lines


@pytest.mark.parametrize("name", ["../app.py", "nothing", "\0", "x" * 5_000, "vendor/", ".", ""])
def test_a_name_that_no_file_has_is_not_found(name: str) -> None:
    with pytest.raises(NotFound):
        file_in(Path("service/web/static"), name)


def test_a_file_comes_with_its_media_type(tmp_path: Path) -> None:
    (tmp_path / "a.svg").write_bytes(b"<svg/>")
    (tmp_path / "b").write_bytes(b"b")
    assert file_in(tmp_path, "a.svg") == (b"<svg/>", "image/svg+xml")
    assert file_in(tmp_path, "b") == (b"b", "application/octet-stream")
