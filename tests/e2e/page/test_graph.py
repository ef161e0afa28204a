"""The graph in Chromium: the shipped state machines, and an execution's way through one."""

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.chromium import a_page

pytestmark = pytest.mark.asyncio(loop_scope="session")
CHECKS = Path(__file__).parents[2] / "page" / "graph_checks.js"
IMPORT = """
  const main = document.querySelector("script[type=module]").src;
  const load = (name) => import(new URL(name, main));
  const ask = async (path, options) => (await fetch(path, options)).json();
"""
FAULTS = f"""async () => {{
  {CHECKS.read_text().replace("export ", "")}
  {IMPORT}
  const {{ modelOf }} = await load("graph/model.js");
  const {{ layoutOf }} = await load("graph/layout.js");
  const {{ onTurn }} = await load("graph/routes.js");
  const found = {{}};
  for (const {{ name }} of (await ask("v1/state-machines")).state_machines) {{
    const machine = await ask(`v1/state-machines/${{name}}`);
    found[name] = [false, true].flatMap((narrow) => {{
      const model = modelOf(machine, {{ narrow }});
      return faultsOf(model, layoutOf(model, {{ narrow }}), onTurn);
    }});
  }}
  return found;
}}"""
MOUNT = f"""async ({{ machine, execution, compact }}) => {{
  {IMPORT}
  const {{ html, render, useState }} = await load("html.js");
  const {{ Graph }} = await load("graph/graph.js");
  const drawn = typeof machine === "string" ? await ask(`v1/state-machines/${{machine}}`) : machine;
  const named = (states) => new Map(states.map((state) => [state.state, state]));
  function App() {{
    const [states, setStates] = useState(execution && named(execution.states));
    const [selected, setSelected] = useState(null);
    globalThis.show = (changed) => setStates(new Map([...states, ...named(changed)]));
    return html`<${{Graph}} machine=${{drawn}} states=${{states}} selected=${{selected}}
      onSelect=${{setSelected}} compact=${{compact}} />`;
  }}
  const root = document.querySelector("main");
  root.style.height = "36rem";
  root.replaceChildren();
  render(html`<${{App}} />`, root);
}}"""
CHANGED = """async (change) => {
  const changed = new Set();
  const seen = new MutationObserver((found) => {
    for (const { target } of found) {
      const state = (target.closest ? target : target.parentElement).closest(".state");
      if (state) changed.add(state.querySelector(".node").dataset.state);
    }
  });
  const whole = { childList: true, subtree: true, attributes: true, characterData: true };
  seen.observe(document.querySelector(".canvas"), whole);
  show([change]);
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  return [...changed];
}"""


async def mounted(page: Page, url: str, **given: Any) -> None:
    await page.goto(f"{url}#/nowhere")
    await page.evaluate(MOUNT, {"execution": None, "compact": False, **given})
    await expect(page.locator(".graph")).to_have_attribute("data-ready", "true")


async def waiting(page: Page, url: str) -> dict[str, Any]:
    """An order whose card was declined twice, and that waits for approval."""
    order = {"order_id": "G-1", "customer": "Ada", "amount": 4200, "card": "tok_visa"}
    started = await page.request.post(
        f"{url}/v1/state-machines/order-fulfilment/executions?wait=20",
        data={"input": {**order, "parcels": [{"id": "G-1-1"}]}},
    )
    assert started.ok, await started.text()
    snapshot: dict[str, Any] = await started.json()
    return snapshot


async def focused(page: Page) -> str | None:
    name: str | None = await page.evaluate("document.activeElement.dataset.state ?? null")
    return name


async def test_nothing_overlaps_in_the_shipped_state_machines(
    browser: Browser, page_url: str
) -> None:
    async with a_page(browser) as page:
        await page.goto(f"{page_url}#/nowhere")
        found = await page.evaluate(FAULTS)
        assert set(found) >= {"order-fulfilment", "price-check", "loan-quote"}
        assert {name: faults for name, faults in found.items() if faults} == {}


async def test_an_execution_s_way_is_shown_and_walked(browser: Browser, page_url: str) -> None:
    async with a_page(browser, viewport={"width": 1200, "height": 800}) as page:
        snapshot = await waiting(page, page_url)
        await mounted(page, page_url, machine="order-fulfilment", execution=snapshot)
        graph = page.get_by_role("group", name="Graph of order-fulfilment")
        names = await graph.get_by_role("button").evaluate_all(
            "all => all.map((each) => each.getAttribute('aria-label'))"
        )
        assert "ValidateOrder, Task, SUCCEEDED, start" in names
        assert "OrderInvalid, Fail, not entered, end" in names
        assert "WaitForApproval, Task, WAITING, waits for a callback" in names
        for state in snapshot["states"]:
            node = page.locator(f'[data-state="{state["state"]}"]')
            await expect(node).to_have_attribute("data-status", state["status"])
            words = graph.locator(".state", has=node).locator(".word")
            await expect(words).to_have_text(state["status"])
        # Taken: start, Validate, ChargeAndReserve, IsCharged, NeedsApproval.
        await expect(graph.locator(".edge[data-taken=true]")).to_have_count(5)
        taken = graph.locator(".label[data-taken=true] tspan")
        await expect(taken).to_have_text(
            ["$.fulfilment.charge.status =", '"charged"', "$.amount ≥ 1000"]
        )

        await page.keyboard.press("Tab")
        while await focused(page) is None:
            await page.keyboard.press("Tab")
        assert await focused(page) == "ValidateOrder"
        for key, to in [("Down", "ChargeAndReserve"), ("Down", "ChargeCard"), ("Up", None)]:
            await page.keyboard.press(f"Arrow{key}")
            assert await focused(page) == (to or "ChargeAndReserve")
        await page.keyboard.press("End")
        await page.keyboard.press("Enter")
        chosen = graph.locator("[aria-pressed=true]")
        await expect(chosen).to_have_count(1)
        await expect(chosen).to_be_in_viewport()
        await page.keyboard.press("Escape")
        await expect(chosen).to_have_count(0)

        change = {**snapshot["states"][0], "status": "RETRYING", "retries": 2}
        assert await page.evaluate(CHANGED, change) == ["ValidateOrder"]
        retrying = graph.get_by_role("button", name="ValidateOrder, Task, RETRYING, 2 retries")
        await expect(retrying).to_have_count(1)


async def test_a_graph_is_moved_by_hand_and_never_by_itself_then(
    browser: Browser, page_url: str
) -> None:
    async with a_page(browser, viewport={"width": 900, "height": 700}) as page:
        snapshot = await waiting(page, page_url)
        await mounted(page, page_url, machine="order-fulfilment", execution=snapshot)
        # What waits is shown; of itself the graph begins at its top.
        waits = page.locator('[data-state="WaitForApproval"]')
        await expect(waits).to_be_in_viewport(ratio=1)
        layer, zoom = page.locator(".canvas > g"), page.get_by_role("status", name="Zoom")
        where = await layer.get_attribute("transform")
        await page.mouse.move(60, 300)
        await page.mouse.down()
        await page.mouse.move(120, 340, steps=3)
        await page.mouse.up()
        await expect(layer).not_to_have_attribute("transform", str(where))
        moved = str(await layer.get_attribute("transform"))
        failed = {**snapshot["states"][0], "state": "OrderRejected", "status": "FAILED"}
        await page.evaluate(CHANGED, failed)
        await expect(layer).to_have_attribute("transform", moved)
        percent = await zoom.inner_text()
        await page.get_by_role("button", name="Larger").click()
        await expect(zoom).not_to_have_text(percent)
        await page.get_by_role("button", name="Show all").click()
        await expect(page.locator('[data-state="OrderRejected"]')).to_be_in_viewport(ratio=1)
        await expect(page.locator(".minimap")).to_have_count(0)
        await page.locator('[data-state="IsCharged"]').click()
        await expect(page.locator("[aria-pressed=true]")).to_have_attribute(
            "data-state", "IsCharged"
        )


async def test_names_and_rules_are_text_whatever_they_say(browser: Browser, page_url: str) -> None:
    evil = "<img src=x onerror=alert(1)>"
    nodes: list[dict[str, Any]] = [
        {"id": evil, "type": "Choice", "comment": f"</title>{evil}", "start": True, "end": False},
        {"id": "b" * 80, "type": "Pass", "comment": None, "start": False, "end": True},
    ]
    rest = {"parent": None, "branch": None, "resource": None, "map_mode": None}
    rule = {"source": evil, "target": "b" * 80, "kind": "choice", "label": f"$.x = {evil}" * 3}
    graph = {"nodes": [{**node, **rest} for node in nodes], "edges": [rule]}
    machine = {"name": evil, "graph": graph, "definition": {"States": {}}}
    async with a_page(browser, viewport={"width": 390, "height": 844}) as page:
        await mounted(page, page_url, machine=machine, compact=True)
        await expect(page.locator(".graph img")).to_have_count(0)
        await expect(page.get_by_role("button", name=evil)).to_have_count(1)
        await expect(page.locator(".name").nth(1)).to_contain_text("…")
        await page.locator(".label").first.hover()
        await expect(page.locator(".label.whole")).to_have_count(1)
        whole = await page.locator(".label.whole tspan").all_text_contents()
        assert "".join(whole).replace(" ", "") == (f"$.x = {evil}" * 3).replace(" ", "")
