"""Whose page may answer by a signed link: ours, under every way of asking who is there."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from handrail.core.access.signed_links import Keyring, Link
from handrail.core.history.outcomes import Outcome
from handrail.core.models import ExecutionId
from tests.web.approvals import BROWSER, KEY, asking, page
from tests.web.conftest import Serving
from tests.web.keys import configured
from tests.web.served import Answer, Served

FORM = urlencode({"action": "success", "output": "1"}).encode()
PUBLIC = "https://h.example/rail"
HERE = {"Origin": "null", "Sec-Fetch-Site": "same-origin"}
"""What browsers send with a page's own form under `Referrer-Policy: no-referrer`."""

ELSEWHERE = [
    {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
    {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
    {"Origin": "null", "Sec-Fetch-Site": "same-site"},
    {"Origin": "http://localhost:1", "Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Origin": "https://evil.example"},
]
NOBODY: dict[str, Any] = {}
FINE: dict[str, Any] = {"allow_unauthenticated": True}
WAYS = [NOBODY, FINE, configured(), {"public_url": PUBLIC}, configured() | {"public_url": PUBLIC}]
each_way = pytest.mark.parametrize("settings", WAYS, ids=["none", "fine", "keys", "url", "both"])


def link() -> str:
    """A link's path, made without asking the service: it may want to know who asks."""
    ends_at = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
    signed = Link(ExecutionId.parse("order:one"), 3, (Outcome.SUCCESS,), ends_at)
    return f"/v1/callbacks/{Keyring.parse(KEY).sign(signed)}"


async def submitted(served: Served, path: str, headers: dict[str, str]) -> Answer:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    return await served.call("POST", path, data=FORM, headers={**BROWSER, **form, **headers})


@each_way
@pytest.mark.parametrize(
    "headers",
    [HERE, {"Origin": "null"}, {}, {"Sec-Fetch-Site": "none"}],
    ids=["browser", "old browser", "program", "typed"],
)
async def test_our_own_page_and_whoever_is_no_page_may_answer(
    serve: Serving, settings: dict[str, Any], headers: dict[str, str]
) -> None:
    async with asking(serve, **settings) as served:
        answer = await submitted(served, link(), headers)
        assert (answer.status, "it succeeded" in page(answer)) == (200, True)


@each_way
async def test_another_sites_page_may_not(serve: Serving, settings: dict[str, Any]) -> None:
    async with asking(serve, **settings) as served:
        path = link()
        for headers in ELSEWHERE:
            answer = await submitted(served, path, headers)
            assert (answer.status, "another site" in page(answer)) == (403, True), headers
            told = await served.post(path, {"output": 1}, headers=headers)
            assert (told.status, told.body["code"]) == (403, "forbidden")
        assert not served.stub.calls["SendTaskSuccess"]


async def test_a_listed_sites_page_and_the_public_one_may(serve: Serving) -> None:
    listed = {"allowed_origins": "https://app.example", "public_url": PUBLIC}
    for origin in ("https://app.example", "https://h.example"):
        async with asking(serve, **listed) as served:
            headers = {"Origin": origin, "Sec-Fetch-Site": "cross-site"}
            assert (await submitted(served, link(), headers)).status == 200


async def test_a_link_may_be_followed_from_any_site(serve: Serving) -> None:
    async with asking(serve) as served:
        headers = {**BROWSER, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
        assert (await served.get(link(), headers=headers)).status == 200


async def test_a_name_that_may_be_anybodys_is_no_way_to_this_machine(serve: Serving) -> None:
    async with asking(serve) as served:
        path = link()
        rebound = {**HERE, "Host": "evil.example"}
        assert (await submitted(served, path, rebound)).status == 403
        assert (await served.get(path, headers={**BROWSER, "Host": "evil.example"})).status == 403
