"""No form of task token gets out, wherever it stands; and each is found to settle its task."""

import asyncio
import base64
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest

from tests.core.made_up_tokens import SHAPES, aws_token
from tests.stubs.stepfunctions import event

from .approvals import BROWSER, KEY
from .conftest import Serving
from .served import DEADLINE_S, Answer, Served
from .stories import entered

SQS = {"resourceType": "sqs", "resource": "sendMessage.waitForTaskToken"}
ORDER = "/v1/state-machines/order/executions"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a template puts its token, and what becomes of it. `found` says whether shape alone
    leads to it."""

    template: dict[str, Any]
    became: Callable[[str], Any]
    found: bool = True


PLACES = {
    "under any key": Place(
        {"Parameters": {"Parent.$": "$.parent", "handle.$": "$$.Task.Token"}},
        lambda token: {"handle": token},
    ),
    "in an address": Place(
        {"Parameters": {"url.$": "States.Format('https://x.test/t?={}&id=7', $$.Task.Token)"}},
        lambda token: {"url": f"https://x.test/t?={token}&id=7"},
    ),
    "behind other text": Place(
        {"Parameters": {"Body.$": "States.Format('{}{}', $.order, $$.Task.Token)"}},
        lambda token: {"Body": f"order-1002x{token}"},
    ),
    "percent-encoded": Place(
        {
            "QueryLanguage": "JSONata",
            "Arguments": {
                "url": "{% 'https://x.test/' & $encodeUrlComponent($states.context.Task.Token) %}"
            },
        },
        lambda token: {"url": f"https://x.test/{quote(token, safe='')}"},
    ),
    "percent-encoded twice": Place(
        {
            "QueryLanguage": "JSONata",
            "Arguments": {
                "url": "{% $encodeUrlComponent($encodeUrlComponent($states.context.Task.Token)) %}"
            },
        },
        lambda token: {"url": quote(quote(token, safe=""), safe="")},
    ),
    "in JSON in a string": Place(
        {"Parameters": {"Body.$": "States.JsonToString($$.Task)"}},
        lambda token: {"Body": json.dumps({"Token": token}).replace("/", "\\/")},
    ),
    "in base64": Place(
        {"Parameters": {"Data.$": "States.Base64Encode($$.Task.Token)"}},
        lambda token: {"Data": base64.b64encode(token.encode()).decode()},
        found=False,
    ),
}


def machine(place: Place) -> dict[str, Any]:
    state = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken"}
    return {"StartAt": "Approve", "States": {"Approve": {**state, "End": True, **place.template}}}


def wait(served: Served, arn: str, parameters: Any, token: str) -> None:
    """The state's events; the third of the history schedules the task."""
    scheduled = {**SQS, "region": "us-east-1", "parameters": json.dumps(parameters)}
    served.stub.append(
        arn,
        entered("Approve"),
        event("TaskScheduled", details=scheduled),
        event("TaskStarted", details=SQS),
        event("TaskSubmitted", details={**SQS, "output": json.dumps({"sent": token})}),
    )
    served.stub.add_task_token(token, arn, 3)


def assert_hidden(token: str, said: str) -> None:
    """No stretch of the token's secret part is there, whatever its other characters became."""
    secret = token[26:]
    whole = [secret, quote(secret, safe=""), base64.b64encode(secret.encode()).decode()]
    for stretch in re.findall("[A-Za-z0-9]{10,}", " ".join(whole)):
        assert stretch not in said


async def heard(served: Served, id: str) -> str:
    """All that is said of an execution that is over, and of how it came there."""
    path = f"/v1/executions/{id}"
    said = [await served.get(path), await served.get(f"{path}/events")]
    said.append(await served.get(f"{path}/tasks"))
    async with (
        served.http.get(f"{path}/stream?level=events") as stream,
        asyncio.timeout(DEADLINE_S),
    ):
        texts = [(await stream.content.read()).decode()]
    for level in ("status", "states", "events"):
        async with served.ready(f"{path}/ws?level={level}&after=0:0") as socket:
            messages = await socket.hear_until(lambda message: message["type"] == "complete")
            texts.append(json.dumps(messages))
    return "\n".join([*(json.dumps(answer.body) for answer in said), *texts])


def said_by(answer: Answer) -> str:
    return answer.body.decode() if isinstance(answer.body, bytes) else json.dumps(answer.body)


@pytest.mark.parametrize("readable", [True, False], ids=["definition", "no definition"])
@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
async def test_no_token_is_told_and_each_settles_its_task(
    serve: Serving, place: Place, readable: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    async with serve(link_keys=KEY) as served:
        served.stub.add_machine("order", definition=machine(place))
        if not readable:
            served.stub.fail_next(
                "DescribeStateMachineForExecution", code="AccessDeniedException", times=1000
            )
        tokens = list(SHAPES.values())[:: 1 if readable else 4]
        told = await asyncio.gather(
            *(
                story(served, place, f"run-{number}", token, readable=readable)
                for number, token in enumerate(tokens)
            )
        )
        for token, (said, settled) in zip(tokens, told, strict=True):
            assert settled is (place.found or readable)
            assert_hidden(token, said)
            assert_hidden(parent_of(token), said)
            assert "[redacted]" in said
        logged = "".join(capfd.readouterr())
        for token in tokens:
            assert_hidden(token, logged)


def parent_of(token: str) -> str:
    return aws_token(max(len(token) - 4, 60), seed=100 + len(token) % 50)


async def story(
    served: Served, place: Place, name: str, token: str, *, readable: bool
) -> tuple[str, bool]:
    """One execution from its start to its end; what was said, and whether its task was settled
    where it stands."""
    input = {"parent": place.became(parent_of(token)), "order": 7}
    body = {"name": name, "input": input}
    answers = [await served.post(ORDER, body), await served.post(ORDER, body)]
    arn = next(arn for arn in served.stub.account.runs if arn.endswith(f":{name}"))
    handed = {"Parent": input["parent"]} if readable else {}
    wait(served, arn, {**handed, **place.became(token)}, token)
    task = f"/v1/executions/order:{name}/tasks/3"
    made = await served.post(f"{task}/links", {})
    if made.status == 201:
        link = "/v1/callbacks/" + made.body["url"].rpartition("/")[2]
        answers += [await served.get(link), await served.get(link, headers=BROWSER)]
    output = {"approved": True, "echo": place.became(token)}
    answers.append(await served.post(f"{task}/success", {"output": output}))
    if settled := answers[-1].status == 200:
        sent = [r.body["taskToken"] for r in served.stub.requests if "taskToken" in r.body]
        assert token in sent
        answers.append(await served.post(f"{task}/success", {"output": output}))
        assert answers[-1].body["replayed"]
    else:
        assert answers[-1].body["code"] == "token_unavailable"
        done = await served.post("/v1/task-tokens/success", {"token": token, "output": output})
        assert done.status == 200
    served.stub.append(arn, event("ExecutionSucceeded", details={"output": json.dumps(output)}))
    answers.append(await served.post("/v1/task-tokens/heartbeat", {"token": token}))
    answers.append(await served.post(ORDER, body))
    return "\n".join([await heard(served, f"order:{name}"), *map(said_by, answers)]), settled


async def test_what_an_express_execution_answers_is_redacted_too(served: Served) -> None:
    for place in PLACES.values():
        token = SHAPES["today's, of two chunks"]
        body = {"input": {"parent": place.became(token), "taskToken": "x", "token": "mine"}}
        for path in ("executions", "sync-executions"):
            answer = await served.post(f"/v1/state-machines/price/{path}", body)
            assert_hidden(token, json.dumps(answer.body))
            shown = answer.body["output" if path == "sync-executions" else "input"]
            assert (shown["taskToken"], shown["token"]) == ("[redacted]", "mine")


async def test_no_problem_names_a_token(served: Served) -> None:
    for token in SHAPES.values():
        for path, body in (
            ("/v1/task-tokens/success", {"token": token, "output": 1}),
            ("/v1/task-tokens/success", {token: 1, "output": 1}),
            ("/v1/task-tokens/heartbeat", {"token": f"{token}{'A' * 2048}"}),
            (f"/v1/executions/order:one/tasks/3/{quote(token, safe='')}", {}),
        ):
            answer = await served.post(path, body)
            assert 400 <= answer.status < 500
            assert_hidden(token, json.dumps(answer.body))


async def test_other_people_s_values_come_back_as_they_were_sent(served: Served) -> None:
    input = {
        "token": "0b6dc2b1-5a0e-4c39-9f6c-7d1f2a3b4c5d",
        "sessionToken": "FwoGZXIvYXdzE" + "AAAA" * 90,
        "jwt": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P",
        "zeros": base64.b64encode(bytes(3000)).decode(),
        "digests": ["0123456789abcdef" * 4] * 20,
    }
    answer = await served.post(ORDER, {"input": input})
    shown = await served.get(answer.body["links"]["self"])

    assert answer.body["input"] == shown.body["input"] == input
