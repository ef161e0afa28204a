"""An execution's view while the service freezes, dies and comes back, while AWS can't be reached,
and when somebody else redrives; a failed one opens at what made it fail."""

import asyncio
import json
import re
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.processes import Process, outcome, serving
from tests.server.free_port import free_port

from .cut_line import CutLine
from .executions import agrees, ask, details, open_execution, row, start, status

pytestmark = pytest.mark.asyncio(loop_scope="session")

SCRIPT = "<script>alert(1)</script>"
CAUSE = {"errorMessage": f"No. {SCRIPT}", "errorType": "Refused", "stackTrace": ["  File a\n"]}
REFUSE = {"Type": "Fail", "Error": "Refused", "Cause": json.dumps(CAUSE)}
SLOW = {"StartAt": "Slow", "States": {"Slow": {"Type": "Wait", "Seconds": 60, "End": True}}}
# Its sibling has been entered when it fails: branches begin one after the other here.
MOMENT = {"Type": "Wait", "Seconds": 1, "Next": "Each"}
EACH = {
    "Type": "Map",
    "End": True,
    "ItemProcessor": {"StartAt": "Refuse", "States": {"Refuse": REFUSE}},
}
ASK = {
    "Type": "Task",
    "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
    "Parameters": {
        "QueueUrl": "https://sqs.us-east-1.amazonaws.com/123456789012/asks",
        "MessageBody": {"token.$": "$$.Task.Token", "what.$": "$.what"},
    },
    "End": True,
}
MACHINES: dict[str, dict[str, Any]] = {
    "deep": {
        "Both": {
            "Type": "Parallel",
            "End": True,
            "Branches": [{"StartAt": "Moment", "States": {"Moment": MOMENT, "Each": EACH}}, SLOW],
        }
    },
    "asking": {"Begin": {"Type": "Pass", "Next": "Ask"}, "Ask": ASK},
    "broken": {"Begin": {"Type": "Pass", "Next": "Refuse"}, "Refuse": REFUSE},
}
QUICK = {"HANDRAIL_WS_HEARTBEAT_S": "1", "HANDRAIL_BREAKER_RECOVERY_S": "0.2"}


@pytest.fixture(scope="module")
def engine(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """`handrail dev` of these state machines: the engine, and a service of its own beside it."""
    folder = tmp_path_factory.mktemp("machines")
    for name, states in MACHINES.items():
        write(folder / name, name, {"StartAt": next(iter(states)), "States": states})
    ports = ["--port", "0", "--engine-port", str(free_port())]
    keys = {"HANDRAIL_LINK_KEYS": "one:" + "k" * 32}
    with Process(["dev", *ports, str(folder)], dict(keys)) as process:
        yield process


def write(folder: Path, name: str, definition: dict[str, Any]) -> None:
    folder.mkdir()
    about = {"name": name, "type": "STANDARD", "role_arn": None, "queues": ["asks"]}
    (folder / "definition.asl.json").write_text(json.dumps(definition), encoding="utf-8")
    (folder / "machine.json").write_text(json.dumps(about), encoding="utf-8")


@asynccontextmanager
async def a_tried_page(browser: Browser) -> AsyncIterator[Page]:
    """A page that may lose its connection: the browser says so on its console, but no script fails
    and nothing is forbidden."""
    context = await browser.new_context()
    page, faults = await context.new_page(), list[str]()
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if "Policy" in said.text else None)
    try:
        yield page
    finally:
        await context.close()
    assert faults == []


async def test_a_watching_page_comes_through_and_says_what_it_knows(
    browser: Browser, engine: Process
) -> None:
    line = CutLine(free_port(), int(engine.arguments[4]))
    await line.mend()
    endpoint, port = f"http://127.0.0.1:{line.port}", str(free_port())
    with ExitStack() as services:

        async def serve() -> Process:
            service = serving(endpoint, "--port", port, **QUICK)
            return await asyncio.to_thread(services.enter_context, service)

        async with a_tried_page(browser) as page:
            service = await serve()
            id = await start(page, engine.url, "asking", {"what": SCRIPT})
            sockets: list[str] = []
            page.on("websocket", lambda socket: sockets.append(socket.url))
            await open_execution(page, service.url, id)
            said, notice = page.locator(".connection"), page.locator(".notice")
            await expect(said).to_have_text("Live")
            await agrees(page, service.url, id)
            assert len(sockets) == 1

            await line.cut()
            await expect(said).to_have_text("AWS can't be reached", timeout=20_000)
            await expect(notice).to_contain_text("This is how it stood at")
            await line.mend()
            await expect(said).to_have_text("Live", timeout=20_000)
            await expect(notice).to_have_count(0)
            assert len(sockets) == 1

            service.child.send_signal(signal.SIGSTOP)
            await expect(said).to_have_text("Reconnecting…", timeout=20_000)
            await expect(notice).to_contain_text("The connection to the service was lost.")
            service.child.send_signal(signal.SIGCONT)
            await expect(said).to_have_text("Live", timeout=20_000)
            await agrees(page, service.url, id)

            service.end(signal.SIGKILL)
            await expect(said).to_have_text("Reconnecting…", timeout=20_000)
            (task,) = (await ask(page, f"{engine.url}/v1/executions/{id}"))["tasks"]
            await ask(page, f"{engine.url}{task['links']['success']}", {"output": {"n": 1}})
            service = await serve()
            await expect(status(page)).to_have_text("SUCCEEDED", timeout=20_000)
            found = await agrees(page, service.url, id)
            await expect(details(page).get_by_role("heading", name="Output")).to_be_visible()
            watched = await asyncio.to_thread(outcome, "watch", "--url", service.url, "--json", id)
            (told,) = (json.loads(text) for text in watched.stdout.splitlines()[:1])
            assert told["snapshot"]["states"] == found["states"]
    await line.cut()


async def test_a_failed_one_opens_at_what_made_it_fail(browser: Browser, engine: Process) -> None:
    async with a_tried_page(browser) as page:
        id = await start(page, engine.url, "deep", [1])
        await open_execution(page, engine.url, id)
        aside = details(page)
        await expect(aside.get_by_role("heading", level=2)).to_have_text("Refuse")
        assert page.url.endswith(f"{id}/Refuse")
        await expect(aside.locator(".failure-message")).to_have_text(f"No. {SCRIPT}")
        stack = aside.get_by_text("  File a", exact=True)
        await expect(stack).to_be_hidden()
        await aside.get_by_text("Stack", exact=True).click()
        await expect(stack).to_be_visible()
        await agrees(page, engine.url, id)
        await page.keyboard.press("Escape")
        await expect(aside.get_by_role("heading", level=2)).to_have_text("Execution")
        await expect(row(page, "Slow").locator(".status")).to_have_text("ABORTED")


async def test_a_redrive_by_somebody_else_is_seen(browser: Browser, engine: Process) -> None:
    async with a_tried_page(browser) as page:
        id = await start(page, engine.url, "broken", {})
        await open_execution(page, engine.url, id)
        await expect(page.locator(".connection")).to_have_text("Up to date")
        await ask(page, f"{engine.url}/v1/executions/{id}/redrive", {})
        await expect(page.locator(".run-facts")).to_contain_text("Redriven1")
        await expect(status(page)).to_have_text("FAILED")
        await agrees(page, engine.url, id)
        await page.get_by_role("button", name="Redrive").click()
        await expect(page.locator(".run-facts")).to_contain_text("Redriven2")


async def test_an_answer_is_sent_as_it_was_typed_or_by_a_link_to_somebody(
    browser: Browser, engine: Process
) -> None:
    async with a_tried_page(browser) as page:
        id = await start(page, engine.url, "asking", {"what": SCRIPT})
        await open_execution(page, engine.url, id)
        card = page.locator(".card")
        await card.get_by_role("button", name="Link…").click()
        await page.get_by_label("For whom (optional)").fill("ada@example.com")
        await page.get_by_role("button", name="Make the link").click()
        link = await page.get_by_label("The link", exact=True).input_value()
        assert (await ask(page, link))["for"] == "ada@example.com"
        await page.get_by_role("button", name="Done").click()

        output = card.get_by_label("Output (JSON)")
        send = card.get_by_role("button", name="Send the output")
        await output.fill("{'no'}")
        await send.click()
        await expect(card.get_by_role("alert")).to_contain_text("The output isn't JSON.")
        await output.fill('{"n": 12345678901234567890, "price": 1.10}')
        await send.click()
        await expect(page.locator(".decided")).to_contain_text("Answered · Ask")
        await expect(status(page)).to_have_text("SUCCEEDED")
        await row(page, "Ask").get_by_text("Ask").click()
        await expect(details(page).get_by_text("12345678901234567890")).to_be_visible()


async def test_what_the_reader_may_not_do_is_not_offered(browser: Browser, engine: Process) -> None:
    async with a_tried_page(browser) as page:
        reads = {"principal": "ada", "scopes": ["read"], "machines": ["*"], "executions": []}
        await page.route("**/v1/me", lambda route: route.fulfill(json=reads))
        for machine in ("asking", "broken"):
            id = await start(page, engine.url, machine, {"what": "x"})
            await open_execution(page, engine.url, id)
            await agrees(page, engine.url, id)
            await expect(page.locator(".run-head")).to_be_visible()
            offered = page.get_by_role("button", name=re.compile("Stop|Redrive|Start|Send|Link"))
            await expect(offered).to_have_count(0)
