"""The page of a signed link: a form that works without scripts, and what it says afterwards."""

import json
import re
from collections.abc import AsyncIterator
from html import unescape
from pathlib import Path

import pytest

from tests.web.approvals import BROWSER, asking, link_to, page, sent, settled, submit
from tests.web.conftest import Serving
from tests.web.served import Served

YES = {"output": {"approved": True}}


@pytest.fixture
async def served(serve: Serving) -> AsyncIterator[Served]:
    async with asking(serve) as served:
        yield served


async def test_a_browser_gets_a_page_that_works_without_scripts(served: Served) -> None:
    path = await link_to(served)
    answer = await served.get(path, headers=BROWSER)
    text = page(answer)
    scripts = re.findall(r"<script[^>]*></script>|<script.*?</script>", text, re.S)
    named = [re.findall(r'src="\.\./\.\./static/\w+/([^"]+)"></script>', each) for each in scripts]
    assert named == [["page/theme.js"], ["local_times.js"]]
    assert "Is &lt;b&gt;this&lt;/b&gt; order worth it?" in text
    assert 'value="success">Send this output' in text
    assert 'value="failure" formnovalidate>Send this failure' in text
    assert "Approve</button>" not in text
    for resource in re.findall(r'(?:href|src)="([^"]+)"', text):
        at = (Path(path).parent / resource).as_posix().replace("/v1/callbacks/../..", "")
        assert (await served.get(at)).status == 200, resource


async def test_only_what_the_link_offers_is_on_the_page(served: Served) -> None:
    path = await link_to(served, actions=["failure"])
    text = page(await served.get(path, headers=BROWSER))
    assert 'value="failure"' in text
    assert 'value="success"' not in text


async def test_approving_by_the_form_settles_the_task(served: Served) -> None:
    path = await link_to(served)
    fields = {"action": "success", "output": '{"approved": true}', "error": "", "cause": ""}
    assert "The task is settled: it succeeded" in page(await submit(served, path, **fields))
    assert sent(served) == {"output": '{"approved": true}'}
    again = page(await submit(served, path, **fields))
    assert "with this same answer" in again


async def test_rejecting_by_the_form_fails_the_task(served: Served) -> None:
    path = await link_to(served)
    fields = {"action": "failure", "output": "not looked at", "cause": "Too\r\ndear."}
    answer = await submit(served, path, error="Refused", **fields)
    assert "The task is settled: it failed" in page(answer)
    assert sent(served) == {"error": "Refused", "cause": "Too\ndear."}


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"action": "success", "output": " \n"}, "output"),
        ({"action": "failure", "error": " ", "cause": "Why"}, "error"),
    ],
)
async def test_an_empty_form_settles_nothing(
    served: Served, fields: dict[str, str], path: str
) -> None:
    answer = await submit(served, await link_to(served), **fields)
    about = re.search(rf'<p id="{path}-about">(.*?)</p>', page(answer), re.S)
    assert answer.status == 422
    assert about is not None
    assert "is needed" in about[1]
    assert settled(served) == []


async def test_output_that_isnt_json_comes_back_with_all_that_was_typed(served: Served) -> None:
    path = await link_to(served)
    answer = await submit(
        served, path, action="success", output='\n{"a": <1>', error="E", cause='"quoted" & more'
    )
    text = page(answer)
    assert answer.status == 422
    assert 'aria-invalid="true"' in text
    assert "isn&#39;t JSON" in text
    areas = [
        unescape(area) for area in re.findall(r"<textarea[^>]*>\n(.*?)</textarea>", text, re.S)
    ]
    assert areas == ['\n{"a": <1>', '"quoted" & more']
    assert 'value="E"' in text
    assert settled(served) == []


@pytest.mark.parametrize(
    "data", [b"", b"output=1", b"action=maybe", b"action=success&output=%ff", b"a&" * 300]
)
async def test_a_form_that_cant_be_read_settles_nothing(served: Served, data: bytes) -> None:
    headers = {**BROWSER, "Content-Type": "application/x-www-form-urlencoded"}
    answer = await served.call("POST", await link_to(served), data=data, headers=headers)
    assert answer.status == 422
    assert settled(served) == []


@pytest.mark.parametrize("form", [True, False])
async def test_a_form_from_a_script_gets_json(served: Served, form: bool) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    data = b"action=success&output=%7B%7D" if form else b"action=success&output=%7B"
    answer = await served.call("POST", await link_to(served), data=data, headers=headers)
    assert answer.media_type.endswith("json")
    assert answer.status == (200 if form else 422)


async def test_what_is_no_longer_asked_has_a_page_that_says_so(served: Served) -> None:
    path = await link_to(served)
    await served.post(path, YES)
    shown = await served.get(path, headers=BROWSER)
    assert (shown.status, "The task is settled: it succeeded" in page(shown)) == (200, True)
    assert "<form" not in page(shown)
    other = await submit(served, path, action="failure", error="E")
    assert (other.status, "Already answered otherwise" in page(other)) == (409, True)
    broken = await served.get(path[:-3], headers=BROWSER)
    assert (broken.status, "This link isn&#39;t valid" in page(broken)) == (404, True)
    assert "changed on its way" in page(broken)


async def test_a_task_that_was_stopped_has_a_page_that_says_so(served: Served) -> None:
    path = await link_to(served)
    await served.post("/v1/executions/order:one/stop", {})
    text = page(await served.get(path, headers=BROWSER))
    assert "stopped with what it belongs to" in text
    assert (await served.get(path)).body["status"] == "stopped"


async def test_more_than_may_be_sent_has_a_page_that_says_so(serve: Serving) -> None:
    async with asking(serve, max_body_bytes=2048) as served:
        path = await link_to(served)
        answer = await submit(served, path, action="success", output="x" * 4096)
        assert (answer.status, "more than this service takes" in page(answer)) == (413, True)


MACHINE = {
    "name": "order",
    "output_schemas": {
        "Approve": {
            "type": "object",
            "properties": {
                "approved": {"type": "boolean", "title": "Approve it?"},
                "limit": {"type": "number", "exclusiveMinimum": 0, "description": "In euros."},
                "note": {"type": "string", "maxLength": 500},
            },
            "required": ["approved"],
            "additionalProperties": False,
        }
    },
}


@pytest.fixture
async def declared(serve: Serving, tmp_path: Path) -> AsyncIterator[Served]:
    folder = tmp_path / "machines" / "order"
    folder.mkdir(parents=True)
    (folder / "machine.json").write_text(json.dumps(MACHINE))
    (folder / "definition.asl.json").write_text(
        '{"StartAt": "Go", "States": {"Go": {"Type": "Pass", "End": true}}}'
    )
    async with asking(serve, state_machines_dir=str(folder.parent)) as served:
        yield served


async def test_a_flat_declared_output_has_a_field_for_each_member(declared: Served) -> None:
    path = await link_to(declared)
    text = page(await declared.get(path, headers=BROWSER))
    assert re.findall(r'name="(output[^"]*)"', text) == [
        "output.approved",
        "output.limit",
        "output.note",
    ]
    assert "In euros." in text
    fields = {"output.approved": "true", "output.limit": "100", "output.note": ""}
    await submit(declared, path, action="success", **fields)
    assert sent(declared) == {"output": '{"approved":true,"limit":100}'}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"output.limit": "a lot"}, "must be a number"),
        ({"output.limit": "-5"}, "must be more than 0"),
        ({"output.approved": ""}, "is needed"),
    ],
)
async def test_a_field_that_breaks_the_schema_says_why_and_keeps_the_rest(
    declared: Served, fields: dict[str, str], message: str
) -> None:
    typed = {"output.approved": "false", "output.note": "As <agreed>", **fields}
    answer = await submit(declared, await link_to(declared), action="success", **typed)
    text = page(answer)
    (name,) = fields
    about = re.search(rf'<p id="{name}-about">(.*?)</p>', text, re.S)
    assert answer.status == 422
    assert about is not None
    assert message in about[1]
    assert "As &lt;agreed&gt;" in text
    assert settled(declared) == []
