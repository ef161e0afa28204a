"""The JavaScript client in Chromium, in front of the real service, through what goes wrong. After
each fault its view is what a request shows, state by state."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from tests.e2e.browser import rendered
from tests.e2e.faulty_proxy import FaultyProxy, faulty_proxy
from tests.e2e.processes import Process, serving
from tests.engine.engine_fixture import Calls

pytestmark = pytest.mark.asyncio(loop_scope="session")

DEADLINE_S = 20.0
NOT_COMPARED = {"stale_after_s"}  # as each process reads
OPTIONS = {"silenceMs": 2000, "connectTimeoutMs": 3000, "requestTimeoutMs": 4000}
FOLLOW = """async ([options, id]) => {
  const { createClient } = await import('/static/client/index.js');
  const hr = createClient({ ...options, random: () => 0.9 });
  const run = hr.watch(id);
  const seen = { hr, run, states: [], types: [], identities: 0, renders: 0 };
  let before = null;
  run.subscribe((view) => {
    seen.renders += 1;
    const { state, transport } = view.connection;
    if (seen.states.at(-1) !== state) seen.states.push(state);
    seen.transport = transport ?? seen.transport;
    for (const [name, shown] of view.states) {
      const held = before?.states.get(name);
      if (held && held !== shown && JSON.stringify(held) === JSON.stringify(shown)) {
        seen.identities += 1;
      }
    }
    before = view;
  });
  (async () => { for await (const { type } of run.messages()) seen.types.push(type); })();
  globalThis.seen = seen;
}"""
SHOWN = """() => {
  const { execution, states, tasks, connection } = seen.run.getSnapshot();
  return [{ ...execution, states: [...states.values()], tasks }, connection];
}"""


@dataclass(frozen=True, slots=True)
class Scene:
    """A page that watches an execution through the proxy; `other` is another replica's port."""

    page: Page
    proxy: FaultyProxy
    other: str
    http: aiohttp.ClientSession
    id: str

    async def get(self, path: str = "") -> dict[str, Any]:
        async with self.http.get(f"{self.other}/v1/executions/{self.id}{path}") as answer:
            found: dict[str, Any] = await answer.json()
            return found

    async def post(self, path: str, body: Any) -> None:
        """By somebody else."""
        there = f"{self.other}/v1/executions/{self.id}{path}"
        async with self.http.post(there, data=json.dumps(body)) as answer:
            assert answer.status < 300, await answer.text()

    async def answer_task(self, outcome: str, body: Any) -> None:
        [task] = (await self.get("/tasks"))["tasks"]
        await self.post(f"/tasks/{task['event_id']}/{outcome}", body)

    async def connection(self, *states: str, **others: str) -> None:
        """Waits until the page's connection is in one of these states."""
        await self.page.wait_for_function(
            """([states, others]) => {
              const { connection } = seen.run.getSnapshot();
              return states.includes(connection.state)
                && Object.entries(others).every(([name, value]) => connection[name] === value);
            }""",
            arg=[states, others],
            timeout=DEADLINE_S * 1000,
        )

    async def agrees(self, status: str, *, waiting: int = 0) -> None:
        """Waits until the page shows what a request does, with this status and so many tasks."""
        loop = asyncio.get_running_loop()
        give_up_at = loop.time() + DEADLINE_S
        while True:
            (shown, connection), truth = await self.page.evaluate(SHOWN), await self.get()
            there = (truth["status"], len(truth["tasks"])) == (status, waiting)
            if there and comparable(shown) == comparable(truth):
                break
            if loop.time() > give_up_at:
                for part, truly in comparable(truth).items():
                    assert comparable(shown)[part] == truly
                raise AssertionError((truth["status"], truth["tasks"]))
            await asyncio.sleep(0.05)
        assert connection["state"] == "live"


def comparable(shown: dict[str, Any]) -> dict[str, Any]:
    whole = rendered(shown)
    execution = {k: v for k, v in whole["execution"].items() if k not in NOT_COMPARED}
    return {**whole, "execution": execution}


QUEUE_URL = "https://sqs.us-east-1.amazonaws.com/123456789012/client-package"
STATES: dict[str, Any] = {
    "Each": {
        "Type": "Map",
        "ItemsPath": "$.items",
        "Iterator": {"StartAt": "Pack", "States": {"Pack": {"Type": "Pass", "End": True}}},
        "ResultPath": None,
        "Next": "Ask",
    },
    "Ask": {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": {
            "QueueUrl": QUEUE_URL,
            "MessageBody": {"token.$": "$$.Task.Token", "what.$": "$.what"},
        },
        "Next": "Done",
    },
    "Done": {"Type": "Pass", "End": True},
}
INPUT = {"items": list(range(30)), "what": "<img src=x onerror=alert(1)>", "amount": 100.0}


@dataclass(slots=True)
class Replicas:
    """Processes of the service in front of the tests' engine."""

    calls: Calls
    stack: AsyncExitStack

    async def start(self) -> Process:
        engine = self.calls.engine
        context = serving(
            engine.endpoint_url,
            AWS_ACCESS_KEY_ID=engine.access_key_id,
            AWS_SECRET_ACCESS_KEY=engine.secret_access_key,
        )
        process = await asyncio.to_thread(context.__enter__)
        self.stack.push(context.__exit__)
        return process


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def replicas(calls: Calls) -> AsyncIterator[Replicas]:
    async with AsyncExitStack() as stack:
        yield Replicas(calls, stack)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def other(replicas: Replicas) -> str:
    """Where the replica is that somebody else asks."""
    return (await replicas.start()).url


@asynccontextmanager
async def watching(
    browser: Browser, calls: Calls, port: int, other: str, *refused: str
) -> AsyncIterator[Scene]:
    """A page that watches an execution in which somebody is asked."""
    await calls.sqs.create_queue(QueueName=QUEUE_URL.rpartition("/")[2])
    arn = await calls.start(await calls.create({"StartAt": "Each", "States": STATES}), INPUT)
    id = arn.partition(":execution:")[2]
    async with (
        faulty_proxy(port) as proxy,
        aiohttp.ClientSession() as http,
        await browser.new_context() as context,
    ):
        proxy.refused = refused
        page = await context.new_page()
        await page.goto(f"{proxy.url}/healthz")
        await page.evaluate(FOLLOW, [OPTIONS, id])
        scene = Scene(page, proxy, other, http, id)
        await scene.agrees("RUNNING", waiting=1)
        yield scene
        assert await page.evaluate("seen.identities") == 0


BESIDE_A_FAULT = """async () => {
  const told = new Promise((resolve) => {
    addEventListener('error', (event) => {
      event.preventDefault();
      resolve(event.message);
    }, { once: true });
  });
  const leave = seen.run.subscribe(() => { throw new Error('of the page'); });
  const heard = new Promise((resolve) => {
    const done = seen.run.subscribe((view) => { done(); resolve(view.execution.status); });
  });
  const both = await Promise.all([told, heard]);
  leave();
  return both;
}"""
EXACT = """async (id) => {
  const { createClient } = await import('/static/client/index.js');
  const { input } = await createClient({ numbers: 'exact' }).execution(id);
  return [input.amount.text, JSON.stringify({ amount: input.amount })];
}"""


async def test_it_shows_what_is_through_kills_freezes_cuts_and_redrives(
    browser: Browser, calls: Calls, replicas: Replicas, other: str
) -> None:
    first = await replicas.start()
    async with watching(browser, calls, first.port, other) as scene:
        # Whoever listens and raises keeps no other from hearing, and isn't kept quiet.
        told = await scene.page.evaluate(BESIDE_A_FAULT)
        assert told == ["Uncaught Error: of the page", "RUNNING"]
        assert await scene.page.evaluate(EXACT, scene.id) == ["100.0", '{"amount":100.0}']
        # Killed while somebody fails the task: the end is seen when another process is there.
        first.child.kill()
        await scene.connection("resuming")
        await scene.answer_task("failure", {"error": "Nobody", "cause": "is there"})
        second = await replicas.start()
        scene.proxy.target = second.port
        await scene.agrees("FAILED")
        # Redriven by somebody else.
        await scene.post("/redrive", {})
        await scene.agrees("RUNNING", waiting=1)
        # Frozen: silence is noticed, and a handshake that hangs is given up.
        second.child.send_signal(signal.SIGSTOP)
        await scene.connection("resuming", reason="The service fell silent.")
        await scene.connection("resuming", reason="The service didn't answer in time.")
        await scene.answer_task("failure", {"error": "Later"})
        second.child.send_signal(signal.SIGCONT)
        await scene.agrees("FAILED")
        # A line that is slow, and cut again and again while things happen.
        scene.proxy.delay_s = 0.1
        await scene.post("/redrive", {})
        for _ in range(3):
            scene.proxy.cut()
            await scene.connection("resuming", "connecting")
            await scene.connection("live")
        await scene.agrees("RUNNING", waiting=1)
        scene.proxy.delay_s = 0.0
        # A page that the browser has frozen, and the line is cut meanwhile.
        devtools = await scene.page.context.new_cdp_session(scene.page)
        await devtools.send("Page.setWebLifecycleState", {"state": "frozen"})
        await scene.answer_task("success", {"output": {"done": True}})
        scene.proxy.cut()
        await devtools.send("Page.setWebLifecycleState", {"state": "active"})
        await scene.agrees("SUCCEEDED")
        outcome = await scene.page.evaluate("seen.run.finished()")
        assert outcome["output"] == {"done": True}
        # Nobody watches: the socket is closed.
        assert await scene.page.evaluate("seen.hr.hub.sockets.size") == 1
        await scene.page.evaluate("seen.run.close()")
        await scene.connection("idle")
        assert await scene.page.evaluate("seen.hr.hub.sockets.size") == 0


async def test_without_a_websocket_it_is_an_event_stream_and_without_that_it_asks(
    browser: Browser, calls: Calls, replicas: Replicas, other: str
) -> None:
    near = await replicas.start()
    async with watching(browser, calls, near.port, other, "Upgrade: websocket") as scene:
        await scene.connection("live", transport="sse")
        scene.proxy.cut()
        await scene.answer_task("failure", {"error": "Nobody"})
        await scene.agrees("FAILED")
        scene.proxy.refused += ("/stream",)
        scene.proxy.cut()
        await scene.post("/redrive", {})
        # Without a stream a redrive is seen in 15 s, or as soon as the page is woken.
        await scene.page.evaluate("setInterval(() => dispatchEvent(new Event('online')), 500)")
        await scene.connection("live", transport="poll")
        await scene.agrees("RUNNING", waiting=1)
        await scene.answer_task("success", {"output": 1})
        await scene.agrees("SUCCEEDED")
        types = await scene.page.evaluate("seen.types")
        assert set(types) == {"subscribed", "update", "complete"}
