"""What a person waits for: a state machine of 300 states drawn as a graph in Chromium, and drawn
anew when an update comes."""

import json
import re
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.async_api import CDPSession, async_playwright

from .children import handrail, running
from .figures import Figure, Options, Report, Target

STATES = 300
NAME = "three-hundred"
FIRST = Target(at_most=1000)
UPDATE = Target(at_most=50)
WHAT_RAN = f"""\
The page's graph of a state machine of {STATES} states (Choices with ways ahead and back, Catches,
some Parallels), served by `handrail dev`, in a Chromium of its own. The first drawing is that of
the state machine's own page, from its load to the painted graph, nothing cached; each update
changes one state's status in a graph of the page's, and is measured from the call to the frame
that shows it. By the browser's clock, on this machine."""
FIRST_DRAWN = """globalThis.drawn = new Promise((done) => {
  const watching = new MutationObserver(() => {
    if (!document.querySelector(".node")) return;
    watching.disconnect();
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => done(performance.now());
    requestAnimationFrame(() => port2.postMessage(null));
  });
  watching.observe(document, { childList: true, subtree: true });
});"""
UPDATES = """async (name) => {
  const main = document.querySelector("script[type=module]").src;
  const [{ html, render }, { Graph }] = await Promise.all(
    ["html.js", "graph/graph.js"].map((module) => import(new URL(module, main))),
  );
  const machine = await (await fetch(`v1/state-machines/${name}`)).json();
  const root = document.querySelector("main");
  root.style.height = "90vh";
  const states = new Map();
  const draw = () =>
    render(html`<${Graph} machine=${machine} states=${new Map(states)} />`, root);
  const painted = () =>
    new Promise((done) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => done(performance.now());
      requestAnimationFrame(() => port2.postMessage(null));
    });
  const state = (name, status, entered) => ({
    state: name, type: "Task", status, entered, running: 1, succeeded: 0, failed: 0, caught: 0,
    aborted: 0, retries: 0, last_error: null, items: null,
    entered_from: [{ state: null, caught: false, count: entered }],
  });
  root.replaceChildren();
  draw();
  while (!root.querySelector(".node")) await painted();
  globalThis.update = async (number) => {
    const { id } = machine.graph.nodes[number % machine.graph.nodes.length];
    states.set(id, state(id, number % 2 ? "RUNNING" : "SUCCEEDED", number));
    const began = performance.now();
    draw();
    return (await painted()) - began;
  };
  return root.querySelectorAll(".node").length;
}"""


def definition(states: int = STATES) -> dict[str, Any]:
    """A definition with so many states at its top level or in the branches of its Parallels."""
    found: dict[str, Any] = {}
    names = [f"Step{number:03}" for number in range(states * 9 // 10)]
    for number, name in enumerate(names):
        later = names[min(len(names) - 1, number + 4)]
        following = names[min(len(names) - 1, number + 1)]
        state: dict[str, Any] = {"Type": "Pass", "Next": following}
        if number % 6 == 2:
            again = {"Variable": "$.again", "BooleanEquals": True, "Next": names[number - 2]}
            more = {"Variable": "$.n", "NumericGreaterThan": number, "Next": following}
            state = {"Type": "Choice", "Choices": [more, again], "Default": later}
        elif number % 6 == 4:
            state |= {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke"}
            state["Parameters"] = {"FunctionName": "work"}
            state["Catch"] = [{"ErrorEquals": ["States.ALL"], "Next": names[-1]}]
        elif number % 27 == 0:
            bodies = {f"{name}{branch}": {"Type": "Pass", "End": True} for branch in "ABC"}
            state["Type"] = "Parallel"
            state["Branches"] = [{"StartAt": at, "States": {at: bodies[at]}} for at in bodies]
        found[name] = state
    found[names[-1]] = {"Type": "Succeed"}
    return {"StartAt": names[0], "States": found}


@dataclass(slots=True)
class Found:
    """What a browser measured, in ms, round by round; `cpu` is that of the page's own thread."""

    first: list[float] = field(default_factory=list)
    first_cpu: list[float] = field(default_factory=list)
    update: list[float] = field(default_factory=list)
    nodes: list[float] = field(default_factory=list)


async def run(options: Options) -> Report:
    rounds, updates = (2, 20) if options.quick else (7, 60)
    found = Found()
    with tempfile.TemporaryDirectory() as folder:
        _written(Path(folder, NAME))
        async with running(handrail("dev", folder, "--port", 0), quiet=True) as service:
            url = re.findall(r"http://\S+", service.said)[0]
            for _ in range(rounds):
                await _measure(url, updates, found)
    figures = [
        Figure("first drawing, from the page's load", found.first, "ms", FIRST),
        Figure("CPU of the page's thread until then", found.first_cpu, "ms"),
        Figure("an update, to its frame", found.update, "ms", UPDATE),
        Figure("states drawn", found.nodes, ""),
    ]
    return Report(f"a graph of {STATES} states", WHAT_RAN, figures)


def _written(home: Path) -> None:
    home.mkdir()
    (home / "definition.asl.json").write_text(json.dumps(definition()))


async def _measure(url: str, updates: int, found: Found) -> None:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    async with async_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu"]
        browser = await playwright.chromium.launch(executable_path=chromium, args=flags)
        page = await browser.new_page(viewport={"width": 1440, "height": 900})
        asked = await page.context.new_cdp_session(page)
        await asked.send("Performance.enable", {"timeDomain": "threadTicks"})
        await page.add_init_script(FIRST_DRAWN)
        await page.goto(f"{url}#/machines/{NAME}/graph")
        found.first.append(await page.evaluate("globalThis.drawn"))
        found.first_cpu.append(await _cpu_ms(asked))
        await page.goto(f"{url}#/nowhere")
        found.nodes.append(await page.evaluate(UPDATES, NAME))
        for number in range(1, updates + 1):
            found.update.append(await page.evaluate("(number) => update(number)", number))
        await browser.close()


async def _cpu_ms(asked: CDPSession) -> float:
    metrics = (await asked.send("Performance.getMetrics"))["metrics"]
    return next(1000 * float(each["value"]) for each in metrics if each["name"] == "TaskDuration")
