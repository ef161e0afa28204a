"""An execution that waits for somebody, and the service with a key to sign links with."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

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
