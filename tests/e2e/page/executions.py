"""An execution's page: what it shows, comparable with what the API answers."""

from typing import Any

from playwright.async_api import Locator, Page, expect

Document = dict[str, Any]


def order(*, amount: int = 4200) -> Document:
    """An order of the shipped state machine's; from 1,000 on somebody has to approve it."""
    return {
        "order_id": "A-1",
        "customer": "<img src=x onerror=alert(1)>",
        "amount": amount,
        "card": "tok_visa",
        "parcels": [{"id": "p1"}],
    }


async def ask(page: Page, url: str, body: Document | None = None) -> Document:
    """The API's answer: of a GET, or of a POST where there is a body."""
    if body is None:
        answer = await page.request.get(url)
    else:
        answer = await page.request.post(url, data=body)
    assert answer.ok, await answer.text()
    found: Document = await answer.json()
    return found


async def start(page: Page, url: str, machine: str, input: object) -> str:
    """The id of an execution that came to its end, or to a task that waits."""
    path = f"{url}/v1/state-machines/{machine}/executions?wait=20"
    return str((await ask(page, path, {"input": input}))["execution"])


async def open_execution(page: Page, url: str, execution: str) -> None:
    await page.goto(f"{url}#/executions/{execution}")
    await expect(page.locator("h1")).to_contain_text(execution.partition(":")[2])


def status(page: Page) -> Locator:
    return page.locator(".run-title .status")


def details(page: Page) -> Locator:
    return page.get_by_label("Details", exact=True)


def row(page: Page, state: str) -> Locator:
    """A state's row of the timeline."""
    return page.locator(".timeline-row").filter(has=page.get_by_text(state, exact=True))


async def agrees(page: Page, url: str, execution: str) -> Document:
    """The execution as the API has it, once the page shows the same: in its head, its timeline, its
    graph and its cards."""
    found = await ask(page, f"{url}/v1/executions/{execution}")
    states = {state["state"]: state["status"] for state in found["states"]}
    await expect(status(page)).to_have_text(found["status"])
    await expect(page.locator(".timeline-row")).to_have_count(len(states))
    await expect(page.locator(".graph .node[data-status]")).to_have_count(len(states))
    for name, told in states.items():
        await expect(row(page, name).locator(".status")).to_have_text(told.replace("_", " "))
        node = page.locator(f'.graph .node[aria-label^="{name},"]')
        await expect(node).to_have_attribute("data-status", told)
    waiting = {str(task["event_id"]) for task in found["tasks"]}
    await expect(page.locator(".card")).to_have_count(len(waiting))
    cards = await page.locator(".card").evaluate_all("all => all.map((one) => one.dataset.task)")
    assert set(cards) == waiting
    return found
