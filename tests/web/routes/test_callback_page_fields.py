"""What a page asks beside its buttons, whom its link is for, and what it says afterwards."""

import io
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from handrail.auth.api_keys import digest_of
from handrail.telemetry.logs import configure_logs
from tests.stubs.stepfunctions import StepFunctionsStub
from tests.web.approvals import BROWSER, KEY, MACHINE, TASK, link_to, page, sent, settled, submit
from tests.web.conftest import Serving
from tests.web.served import Answer, Served
from tests.web.stories import TOKEN, running, waiting

ADA = "ada@example.com"
NASTY = "<img src=x onerror=alert(1)>\N{RIGHT-TO-LEFT OVERRIDE}"
PARAMETERS = {"MessageBody": {"order_id": NASTY, "token": TOKEN, "lines": [{"n": 1}]}}
CALLBACK: dict[str, Any] = {
    "title": "Approve order {order_id} for {customer}?",
    "show": ["order_id", "lines", "customer"],
    "answered_by": "by",
    "approve": {"output": {"approved": True}},
    "reject": {"error": "Rejected", "cause": "By hand."},
}
SCHEMA = {
    "type": "object",
    "properties": {
        "approved": {"type": "boolean"},
        "by": {"type": ["string", "null"]},
        "comment": {"type": "string", "title": "Your <comment>", "maxLength": 20},
        "percent": {"type": "integer", "minimum": 1},
    },
    "required": ["approved", "percent"],
}


@pytest.fixture
async def served(serve: Serving, stub: StepFunctionsStub, tmp_path: Path) -> AsyncIterator[Served]:
    async with questioned(serve, stub, tmp_path) as served:
        yield served


@asynccontextmanager
async def questioned(
    serve: Serving, stub: StepFunctionsStub, tmp_path: Path, **settings: Any
) -> AsyncIterator[Served]:
    """A task that asks CALLBACK."""
    (tmp_path / "order").mkdir()
    (tmp_path / "order" / "definition.asl.json").write_text(json.dumps(MACHINE))
    file = {
        "name": "order",
        "callbacks": {"Approve": CALLBACK},
        "output_schemas": {"Approve": SCHEMA},
    }
    (tmp_path / "order" / "machine.json").write_text(json.dumps(file))
    async with serve(link_keys=KEY, state_machines_dir=str(tmp_path), **settings) as served:
        stub.add_machine("order", definition=json.dumps(MACHINE))
        arn = running(stub)
        stub.append(arn, *waiting(parameters=json.dumps(PARAMETERS)))
        stub.add_task_token(TOKEN, arn, 3)
        yield served


def told(answer: Answer) -> dict[str, str]:
    """The page's lists of facts, as text."""
    pairs = re.findall(r"<dt[^>]*>(.*?)</dt><dd[^>]*>(.*?)</dd>", page(answer), re.S)
    return {unescape(label): unescape(re.sub("<.*?>", "", value)).strip() for label, value in pairs}


async def test_the_question_is_put_with_the_task_s_own_values(served: Served) -> None:
    path = await link_to(served, **{"for": ADA})
    looked = await served.get(path, headers=BROWSER)
    text, plain = page(looked), "<img src=x onerror=alert(1)>"
    assert "<img" not in text
    heading = re.search("<h1[^>]*>(.*?)</h1>", text)
    assert heading is not None
    assert unescape(heading[1]) == f"Approve order {plain} for (there is no customer)?"
    assert told(looked)["Order id"] == NASTY
    assert told(looked)["Customer"] == "not among what the task was called with"
    assert f'from <b dir="auto">{ADA}</b>' in text
    assert "Your &lt;comment&gt;" in text
    assert re.findall(r'name="(output[^"]*)"', text) == ["output.comment", "output.percent"]
    assert "Goes with “Approve” alone." in text
    assert re.findall(r'value="(\w+)" formnovalidate', text) == ["reject"]
    sends = [unescape(body) for body in re.findall("<pre[^>]*>(.*?)</pre>", text, re.S)]
    assert [json.loads(body) for body in sends] == [
        {"output": {"approved": True, "by": ADA}},
        {"error": "Rejected", "cause": "By hand."},
    ]
    assert "This link works for another 6 days, until <time" in text
    shown = (await served.get(path)).body
    assert (shown["for"], shown["answered_by"]) == (ADA, None)
    assert [field["name"] for field in shown["fields"]] == ["comment", "percent"]


async def test_a_button_sends_its_output_with_what_was_typed_and_who_answered(
    served: Served,
) -> None:
    path = await link_to(served, **{"for": ADA})
    typed = {"output.comment": "Fine <b>", "output.percent": "5"}
    answer = await submit(served, path, choice="approve", **typed)
    output = json.loads(sent(served)["output"])
    assert output == {"approved": True, "comment": "Fine <b>", "percent": 5, "by": ADA}
    assert "Answered: Approve" in page(answer)
    said = {"Your <comment>": "Fine <b>", "Percent": "5", "Answered by": ADA}
    assert said.items() <= told(answer).items()
    assert told(answer)["How"] == "By this link"
    later = await served.get(path, headers=BROWSER)
    assert "Answered: Approve" in page(later)
    assert said.items() <= told(later).items()
    assert (await served.get(path)).body["answered_by"] == ADA


async def test_the_same_answer_by_another_s_link_says_whose_stands(served: Served) -> None:
    first, second = await link_to(served, **{"for": ADA}), await link_to(served)
    await submit(served, first, choice="approve", **{"output.percent": "5"})
    other = await submit(served, second, choice="approve", **{"output.percent": "5"})
    assert (other.status, "Already answered</h1>" in page(other)) == (409, True)
    assert "Yours changed nothing." in page(other)
    assert (told(other)["Answer"], told(other)["Answered by"]) == ("Approve", ADA)


async def test_a_failing_button_takes_the_comment_along_in_its_cause(served: Served) -> None:
    path = await link_to(served)
    answer = await submit(served, path, choice="reject", **{"output.comment": "Too\r\ndear."})
    assert sent(served) == {"error": "Rejected", "cause": "By hand.\nToo\ndear."}
    assert told(answer)["Your <comment>"] == "Too\ndear."
    assert told(answer)["How"] == "By this link, which names nobody"


@pytest.mark.parametrize(
    ("typed", "name", "message"),
    [
        ({}, "percent", "Percent is needed"),
        ({"output.percent": "0"}, "percent", "Percent must be at least 1"),
        ({"output.percent": "1", "output.comment": "x" * 21}, "comment", "at most 20 characters"),
    ],
)
async def test_what_can_t_be_sent_is_said_at_its_field_and_nothing_is_settled(
    served: Served, typed: dict[str, str], name: str, message: str
) -> None:
    answer = await submit(served, await link_to(served), choice="approve", **typed)
    about = re.search(rf'<p id="output.{name}-about">(.*?)</p>', page(answer), re.S)
    assert answer.status == 422
    assert about is not None
    assert message in about[1]
    assert settled(served) == []


async def test_nobody_can_claim_another_s_name_by_a_link(served: Served) -> None:
    path = await link_to(served, **{"for": ADA})
    body = {"output": {"approved": True, "percent": 1, "by": "the boss"}}
    answer = await served.post(path, body)
    assert (answer.status, answer.body["code"]) == (422, "invalid_output")
    assert [error["path"] for error in answer.body["errors"]] == ["output.by"]
    assert settled(served) == []


async def test_the_log_says_whose_link_was_made_and_settled_the_task(served: Served) -> None:
    written = io.StringIO()
    configure_logs("info", "json", stream=written)
    path = await link_to(served, **{"for": ADA})
    await served.post(path, {"output": {"approved": True, "percent": 1}})
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    said = {line["event"]: line.get("link_for") for line in lines}
    assert (said["link made"], said["task settled"]) == (ADA, ADA)


@pytest.mark.parametrize("name", ["", "x" * 121, "a\nb", 7])
async def test_whom_no_link_can_be_for_is_refused(served: Served, name: object) -> None:
    answer = await served.post(f"{TASK}/links", {"for": name})
    assert (answer.status, answer.body["errors"][0]["path"]) == (422, "for")


async def test_a_pending_task_carries_the_question_over_every_transport(served: Served) -> None:
    (listed,) = (await served.get("/v1/executions/order:one/tasks")).body["tasks"]
    (shown,) = (await served.get("/v1/executions/order:one")).body["tasks"]
    async with served.ready("/v1/executions/order:one/ws") as socket:
        (pushed,) = (await socket.hear("subscribed"))["snapshot"]["tasks"]
    assert listed == shown == pushed
    assert shown["title"].startswith("Approve order <img")
    assert [fact["label"] for fact in shown["facts"]] == ["Order id", "Lines", "Customer"]
    assert TOKEN not in json.dumps(shown)
    (body,) = [c["body"] for c in shown["choices"] if c["name"] == "approve"]
    body["output"]["percent"] = 3
    assert (await served.post(shown["links"]["success"], body)).status == 200
    assert json.loads(sent(served)["output"]) == {"approved": True, "percent": 3, "by": None}


async def test_an_answer_by_the_api_says_whose_key_it_was_unless_the_caller_says_more(
    serve: Serving, stub: StepFunctionsStub, tmp_path: Path
) -> None:
    key = {"name": "the bot", "sha256": digest_of("k").hex(), "scopes": ["complete"]}
    access = {"auth": "api-key", "api_keys": json.dumps(key)}
    async with questioned(serve, stub, tmp_path, **access) as served:
        output = {"approved": True, "percent": 1}
        headers = {"Authorization": "Bearer k"}
        assert (await served.post(f"{TASK}/success", {"output": output})).status == 401
        answer = await served.post(f"{TASK}/success", {"output": output}, headers=headers)
        assert answer.status == 200
        assert json.loads(sent(served)["output"]) == {**output, "by": "the bot"}
        more = {**output, "by": "Ada, by the bot"}
        other = await served.post(f"{TASK}/success", {"output": more}, headers=headers)
        assert (other.status, other.body["code"]) == (409, "task_already_settled")
