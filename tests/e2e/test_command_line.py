"""A person's way through the command line, before the real service on the embedded engine."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from .processes import Process, outcome

ORDER = (
    '{"order_id": "A-1", "customer": "Ada", "amount": 4200.50, "card": "tok_visa",'
    ' "parcels": [{"id": "p1", "weight_kg": 0.40}]}'
)


@pytest.fixture(scope="module")
def dev() -> Iterator[Process]:
    with Process(["dev", "--port", "0"], {"HANDLER_PACE": "0"}) as process:
        yield process


def test_an_order_is_started_found_approved_and_read(dev: Process, tmp_path: Path) -> None:
    file = tmp_path / "order.json"
    file.write_text(ORDER)

    def told(*args: str, exit_code: int = 0) -> str:
        ended = outcome(*args, "--url", dev.url)
        assert (ended.returncode, ended.stderr.count("Traceback")) == (exit_code, 0), ended.stderr
        return ended.stdout

    assert told("machines").splitlines()[-1].startswith("price-check        EXPRESS   ")
    order = told("start", "order-fulfilment", "--input", f"@{file}", "--name", "o-1").strip()
    assert order == "order-fulfilment:o-1"
    assert json.loads(told("list", "order-fulfilment", "--json"))["execution"] == order
    events = told("events", order).splitlines()
    assert events[0].split()[2] == "ExecutionStarted"
    asked = (told("tasks", order).split() for _ in range(20))
    task = next(task for task in asked if task)
    assert f"handrail complete {order} {task[0]} --output JSON" in told("show", order)
    assert '"amount": 4200.50' in told("show", "order-fulfilment@latest")
    told("complete", order, task[0], exit_code=2)
    told("complete", order, task[0], "--output", '{"approved": true}')
    assert told("events", order, "-f").split()[-1] == "ExecutionSucceeded"
    assert json.loads(told("show", order, "--json"))["status"] == "SUCCEEDED"
    told("show", f"{order}-2", exit_code=2)


def test_an_execution_is_stopped_and_goes_on(dev: Process) -> None:
    start = ["start", "order-fulfilment", "--input", ORDER, "--name", "o-2", "--url", dev.url]
    assert outcome(*start).returncode == 0
    order = ["order-fulfilment:o-2", "--url", dev.url]
    assert outcome("stop", *order, "--cause", "the wrong address").stdout == "ABORTED\n"
    assert outcome("events", *order, "-f").returncode == 1
    assert "error     the wrong address" in outcome("show", *order).stdout
    assert outcome("redrive", *order).stdout == "RUNNING\n"


def test_an_express_execution_needs_no_option(dev: Process) -> None:
    start = ["start", "price-check", "--input", '{"article": "lamp"}', "--url", dev.url]
    assert outcome(*start).stdout.startswith("price-check:")
    assert outcome(*start, "--watch").stdout.startswith("SUCCEEDED\n{")
