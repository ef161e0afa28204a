"""What a machine's author says of a question: page and JSON show it, and the buttons mean it."""

import json
import re
from collections.abc import AsyncIterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from tests.stubs.stepfunctions import StepFunctionsStub
from tests.web.approvals import BROWSER, KEY, MACHINE, link_to, page, sent, settled, submit
from tests.web.conftest import Serving
from tests.web.served import Answer, Served
from tests.web.stories import TOKEN, running, waiting

NASTY = "<script>alert(1)</script>\n& \"quotes\" '…' \N{RIGHT-TO-LEFT OVERRIDE}abc \N{SNOWMAN}"
PARAMETERS = {
    "MessageBody": {
        "order": {"id": "A-1", "note": NASTY, "token": TOKEN},
        "token": TOKEN,
        "total": 0,
        "rush": True,
    }
}
CALLBACK: dict[str, Any] = {
    "title": "Ship <it>?",
    "show": [
        {"path": "$.MessageBody.order.id", "label": "Order"},
        "$.MessageBody.order.note",
        "$.MessageBody.total",
        "$.MessageBody.rush",
        {"path": "$['MessageBody']['order']", "label": "Whole"},
        "$.MessageBody.gone",
    ],
    "approve": {"label": "Ship it", "output": {"approved": True}},
    "reject": {"label": "Send it back", "error": "Rejected", "cause": "By hand."},
}


async def asked(
    serve: Serving, stub: StepFunctionsStub, folder: Path, callback: dict[str, Any]
) -> AsyncIterator[Served]:
    """A task that asks this, with a total of 1.10 as AWS would write it."""
    (folder / "order").mkdir()
    (folder / "order" / "definition.asl.json").write_text(json.dumps(MACHINE))
    file = {"name": "order", "callbacks": {"Approve": callback}}
    (folder / "order" / "machine.json").write_text(json.dumps(file))
    async with serve(link_keys=KEY, state_machines_dir=str(folder)) as served:
        stub.add_machine("order", definition=json.dumps(MACHINE))
        text = json.dumps(PARAMETERS).replace('"total": 0', '"total": 1.10')
        arn = running(stub)
        stub.append(arn, *waiting(parameters=text))
        stub.add_task_token(TOKEN, arn, 3)
        yield served


@pytest.fixture
async def served(serve: Serving, stub: StepFunctionsStub, tmp_path: Path) -> AsyncIterator[Served]:
    async for served in asked(serve, stub, tmp_path, CALLBACK):
        yield served


@pytest.fixture
async def by_choice(
    serve: Serving, stub: StepFunctionsStub, tmp_path: Path
) -> AsyncIterator[Served]:
    """Both buttons succeed: the definition's Choice looks at the output."""
    reject = {"label": "Send it back", "output": {"approved": False}}
    async for served in asked(serve, stub, tmp_path, {**CALLBACK, "reject": reject}):
        yield served


async def press(served: Served, path: str, choice: str) -> Answer:
    return await submit(served, path, choice=choice)


async def test_json_shows_what_another_frontend_needs(served: Served) -> None:
    shown = (await served.get(await link_to(served))).body
    assert shown["title"] == "Ship <it>?"
    facts = {fact["label"]: fact["value"] for fact in shown["facts"]}
    assert list(facts) == ["Order", "Note", "Total", "Rush", "Whole", "Gone"]
    assert (facts["Order"], facts["Note"], facts["Gone"]) == ("A-1", NASTY, None)
    assert TOKEN not in json.dumps(shown)
    assert shown["choices"] == [
        {
            "name": "approve",
            "label": "Ship it",
            "outcome": "success",
            "body": {"output": {"approved": True}},
        },
        {
            "name": "reject",
            "label": "Send it back",
            "outcome": "failure",
            "body": {"error": "Rejected", "cause": "By hand."},
        },
    ]


async def test_a_choice_s_body_settles_as_it_is(served: Served) -> None:
    path = await link_to(served)
    _, reject = (await served.get(path)).body["choices"]
    assert (await served.post(path, reject["body"])).body["outcome"] == "failure"
    assert sent(served) == {"error": "Rejected", "cause": "By hand."}
    after = (await served.get(path)).body
    assert (after["answered"], after["choices"], after["facts"]) == ("Send it back", [], [])


async def test_the_page_shows_title_and_facts_exactly(served: Served) -> None:
    text = page(await served.get(await link_to(served), headers=BROWSER))
    assert "Ship &lt;it&gt;?</h1>" in text
    shown = [
        unescape(value) for value in re.findall(r"<dd dir=\"auto\"[^>]*>(.*?)</dd>", text, re.S)
    ]
    assert shown[:4] == ["A-1", NASTY, "1.10", "Yes"]
    assert '"id": "A-1"' in shown[4]
    assert shown[5] == "not among what the task was called with"
    assert "<script>" not in text
    assert TOKEN not in text
    assert re.findall(r"<button class=.*?>(.*?)</button>", text) == ["Ship it", "Send it back"]
    assert "<textarea" not in text


@pytest.mark.parametrize(
    ("choice", "label", "settlement"),
    [
        ("approve", "Ship it", {"output": '{"approved":true}'}),
        ("reject", "Send it back", {"error": "Rejected", "cause": "By hand."}),
    ],
)
async def test_a_button_sends_what_the_author_says_and_the_page_says_which(
    served: Served, choice: str, label: str, settlement: dict[str, str]
) -> None:
    path = await link_to(served)
    assert f"Answered: {label}" in page(await press(served, path, choice))
    assert sent(served) == settlement
    assert "with this same answer" in page(await press(served, path, choice))
    assert f"Answered: {label}" in page(await served.get(path, headers=BROWSER))


async def test_a_rejection_that_succeeds_isnt_told_as_an_approval(by_choice: Served) -> None:
    path = await link_to(by_choice)
    assert "Answered: Send it back" in page(await press(by_choice, path, "reject"))
    assert sent(by_choice) == {"output": '{"approved":false}'}
    other = await press(by_choice, path, "approve")
    assert (other.status, "Already answered otherwise" in page(other)) == (409, True)
    assert "Send it back" in page(other)
    assert "Answered: Send it back" in page(await by_choice.get(path, headers=BROWSER))


async def test_a_button_that_isnt_there_settles_nothing(served: Served) -> None:
    answer = await press(served, await link_to(served), "maybe")
    assert (answer.status, "Choose one of the buttons." in page(answer)) == (422, True)
    assert settled(served) == []


async def test_only_the_choices_a_link_allows_are_offered(served: Served) -> None:
    path = await link_to(served, actions=["failure"])
    assert [choice["name"] for choice in (await served.get(path)).body["choices"]] == ["reject"]
    text = page(await served.get(path, headers=BROWSER))
    assert re.findall(r'name="choice" value="(\w+)"', text) == ["reject"]
    assert (await press(served, path, "approve")).status == 403
    assert settled(served) == []


async def test_a_link_that_allows_none_of_them_offers_what_it_does(by_choice: Served) -> None:
    path = await link_to(by_choice, actions=["failure"])
    text = page(await by_choice.get(path, headers=BROWSER))
    assert 'name="choice"' not in text
    assert "Send this failure" in text
    assert "Send this output" not in text
