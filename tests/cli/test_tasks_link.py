"""`handrail link` against a service that only says what it was asked."""

import json

import pytest

from tests.client.fake_service import EXECUTION, FakeService

from .commands import handrail
from .conftest import Serving

MADE = {
    "url": "https://h.example/v1/callbacks/c2lnbmVk.c2ln",
    "expires_at": "2026-01-08T00:00:00.000Z",
    "actions": ["success", "failure"],
}


def answering() -> FakeService:
    return FakeService(answers=[(201, MADE)])


async def test_the_link_alone_goes_to_stdout(serving: Serving) -> None:
    result = await handrail("link", EXECUTION, "14", url=await serving(answering()))
    assert (result.exit_code, result.stdout) == (0, f"{MADE['url']}\n")
    assert result.stderr == "holds until 2026-01-08T00:00:00.000Z\n"


async def test_as_json_it_prints_the_whole_answer(serving: Serving) -> None:
    result = await handrail("link", EXECUTION, "14", "--json", url=await serving(answering()))
    assert json.loads(result.stdout) == MADE
    assert result.stderr == ""


@pytest.mark.parametrize(
    ("options", "body"),
    [
        ([], {}),
        (["--action", "success"], {"actions": ["success"]}),
        (
            ["--action", "success", "--action", "failure", "--expires-in", "60"],
            {"actions": ["success", "failure"], "expires_in": 60},
        ),
        (["--for", "ada@example.com"], {"for": "ada@example.com"}),
    ],
)
async def test_what_it_asks_for(options: list[str], body: object, serving: Serving) -> None:
    service = answering()
    await handrail("link", EXECUTION, "14", *options, url=await serving(service))
    method, path, _, sent = service.requests[0]
    assert (method, path) == ("POST", f"/v1/executions/{EXECUTION}/tasks/14/links")
    assert sent == body


@pytest.mark.parametrize(
    "options", [["--action", "heartbeat"], ["--expires-in", "0"], ["--expires-in", "a day"]]
)
async def test_what_no_link_can_be_is_refused_before_anything_is_sent(options: list[str]) -> None:
    assert (await handrail("link", EXECUTION, "14", *options)).exit_code == 2


async def test_a_service_without_keys_says_so_and_exits_with_2(serving: Serving) -> None:
    problem = {"code": "links_unavailable", "detail": "Signed links need a key."}
    service = FakeService(answers=[(409, problem)])
    result = await handrail("link", EXECUTION, "14", url=await serving(service))
    assert (result.exit_code, result.stderr) == (2, "Error: Signed links need a key.\n")
