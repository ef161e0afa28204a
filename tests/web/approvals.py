"""An execution that waits for somebody, and the service with a key to sign links with."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode

from tests.stubs.stepfunctions import StepFunctionsStub

from .conftest import Serving
from .served import Answer, Served
from .stories import APPROVAL, TOKEN, running, waiting

KEY = f"k1:{'0123456789abcdef' * 2}"
TASK = "/v1/executions/order:one/tasks/3"
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
MACHINE = {
    "StartAt": "Approve",
    "States": {"Approve": {**APPROVAL, "Comment": "Is <b>this</b> order worth it?"}},
}


def approval(stub: StepFunctionsStub) -> str:
    """An execution whose task, scheduled by event 3, waits for a callback; its ARN."""
    stub.add_machine("order", definition=json.dumps(MACHINE))
    arn = running(stub)
    stub.append(arn, *waiting())
    stub.add_task_token(TOKEN, arn, 3)
    return arn


@asynccontextmanager
async def asking(serve: Serving, **settings: Any) -> AsyncIterator[Served]:
    async with serve(link_keys=KEY, **settings) as served:
        approval(served.stub)
        yield served


async def link_to(served: Served, **body: Any) -> str:
    """A link's path."""
    made = await served.post(f"{TASK}/links", body)
    assert made.status == 201, made.body
    return "/v1/callbacks/" + str(made.body["url"]).rpartition("/")[2]


def page(answer: Answer) -> str:
    assert answer.media_type == "text/html"
    text: str = answer.body.decode()
    return text


async def submit(served: Served, path: str, **fields: str) -> Answer:
    """As a browser sends the page's form."""
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    return await served.call(
        "POST", path, data=urlencode(fields).encode(), headers={**BROWSER, **form}
    )


def settled(served: Served) -> list[str]:
    """How often AWS was asked to settle something, and how."""
    return [r.operation for r in served.stub.requests if r.operation.startswith("SendTask")]


def sent(served: Served) -> dict[str, Any]:
    (request,) = [r.body for r in served.stub.requests if r.operation.startswith("SendTask")]
    return {key: value for key, value in request.items() if key != "taskToken"}
