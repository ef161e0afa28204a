"""Payloads go to AWS and come from it as they were written, by every way in and out."""

import json
from collections.abc import AsyncIterator
from itertools import count

import pytest

from tests.json_texts import HALVES, NUMBERS, drawn, json_texts, meaning, member
from tests.stubs.stepfunctions import event
from tests.web.approvals import KEY
from tests.web.conftest import Serving
from tests.web.served import Served
from tests.web.signed_webhooks import NEW, signed
from tests.web.stories import TOKEN, WITH_APPROVAL, waiting

ORDER = "/v1/state-machines/order/executions"
ARN = "arn:aws:states:us-east-1:123456789012:execution:order:"
NAMES = (f"number{number}" for number in count(1))
ODD = [
    "12345678901234567.89", "1E5", "1.10", "0.1234567890123456789012345", "-0.0", "1e400",
    "12345678901234567890123", "9" * 4300, "[" * 199 + "1.0" + "]" * 199, r'"\ud83d\ude00"',
]  # fmt: skip
ODDER = [*HALVES, "9" * 5000, "[" * 201 + "]" * 201, "[" * 3000 + r'"\udc00",1.10' + "]" * 3000]
"""What AWS may hold that callers may not send."""

COUNT = [str(number) for number in range(10)]
TEXTS, ODDER_TEXTS = drawn(json_texts(), 10), drawn(json_texts(*HALVES), 10)


@pytest.fixture
async def served(serve: Serving) -> AsyncIterator[Served]:
    async with serve(webhook_secrets=NEW, link_keys=KEY) as served:
        served.stub.add_machine("orchestration-dev")
        yield served


async def text_of(served: Served, path: str) -> str:
    async with served.http.get(path) as answer:
        assert answer.status == 200
        return await answer.text()


async def messages(served: Served, id: str, level: str) -> list[str]:
    async with served.socket(f"/v1/executions/{id}/ws?level={level}") as socket:
        return [str(text) async for text in socket.raw]


async def streamed(served: Served, id: str) -> list[str]:
    async with served.http.get(f"/v1/executions/{id}/stream") as answer:
        lines = (await answer.text()).split("\n")  # as EventSource does
    return [line.removeprefix("data: ") for line in lines if line.startswith("data: ")]


async def shown_everywhere(served: Served, arn: str, input: str, output: str) -> None:
    """The execution has this input and, once it has ended, this output, whoever asks and how."""
    id = arn.rpartition(":execution:")[2]
    served.stub.append(arn, event("ExecutionSucceeded", details={"output": output}))
    expected = {"input": meaning(input), "output": meaning(output)}
    snapshot = await text_of(served, f"/v1/executions/{id}")
    assert {name: member(snapshot, name) for name in expected} == expected
    for said in (await messages(served, id, "events"), await streamed(served, id)):
        (subscribed,) = (text for text in said if '"type":"subscribed"' in text)
        assert {n: member(subscribed, "snapshot", n) for n in expected} == expected
        (complete,) = (text for text in said if '"type":"complete"' in text)
        assert member(complete, "output") == expected["output"]
    events = json.loads(await text_of(served, f"/v1/executions/{id}/events"))["events"]
    assert events[0]["execution_started_event_details"]["input"] == input
    assert events[-1]["execution_succeeded_event_details"]["output"] == output


@pytest.mark.parametrize(("input", "output"), [*zip(TEXTS, ODDER_TEXTS, strict=True)], ids=COUNT)
async def test_any_input_is_passed_on_and_shown_as_it_was_written(
    served: Served, input: str, output: str
) -> None:
    name = next(NAMES)
    body = f'{{"name": "{name}", "input":{input}}}'.encode()
    async with served.http.post(ORDER, data=body) as answer:
        assert answer.status == 202
        assert member(await answer.text(), "input") == meaning(input)
    arn = ARN + name
    assert served.stub.execution(arn).input == input.strip()
    served.stub.append(arn, event("ExecutionStarted", details={"input": input.strip()}))
    await shown_everywhere(served, arn, input.strip(), output)


@pytest.mark.parametrize("odd", [*ODD, *ODDER], ids=lambda text: str(text)[:20])
async def test_one_odd_part_never_changes_the_type_of_the_whole(served: Served, odd: str) -> None:
    text = f'{{"before": 1.10, "odd": {odd}, "after":\n[1e0]}}'
    arn = served.stub.add_execution("order", "odd")
    served.stub.append(arn, event("ExecutionStarted", details={"input": text}))
    if len(odd) < 6000:
        await shown_everywhere(served, arn, text, text)
    snapshot = await text_of(served, "/v1/executions/order:odd")
    assert '"input":{"before": 1.10, "odd": ' in snapshot
    assert '"after": [1e0]}' in snapshot


async def test_an_update_shows_an_output_as_it_was_written(served: Served) -> None:
    arn = served.stub.add_execution("order", "late")
    served.stub.append(arn, event("ExecutionStarted", details={"input": "[1.10]"}))
    async with served.ready("/v1/executions/order:late/ws") as socket:
        await socket.hear("subscribed")
        served.stub.append(arn, event("ExecutionSucceeded", details={"output": '{"n":1E5}'}))
        said = [str(text) async for text in socket.raw]
    assert ['"output":{"n":1E5}' in text for text in said] == [True, True]


@pytest.mark.parametrize("output", TEXTS, ids=COUNT)
async def test_any_output_settles_a_task_as_it_was_written(served: Served, output: str) -> None:
    served.stub.add_machine("order", definition=WITH_APPROVAL)
    body = f'{{"output": {output}}}'.encode()
    token = f'{{"token": "{TOKEN}", "output": {output}}}'.encode()
    for way in ("position", "link", "webhook", "token"):
        name = next(NAMES)
        arn = served.stub.add_execution("order", name)
        served.stub.append(arn, event("ExecutionStarted", details={"input": "{}"}), *waiting())
        served.stub.add_task_token(TOKEN, arn, 3)
        task, headers = f"/v1/executions/order:{name}/tasks/3", {}
        path = f"{task}/success"
        if way == "link":
            made = await served.post(f"{task}/links", {})
            path = "/v1/callbacks/" + str(made.body["url"]).rpartition("/")[2]
        elif way == "webhook":
            path, headers = f"/v1/webhooks/order:{name}/3", signed(body, id=name)
        elif way == "token":
            path = "/v1/task-tokens/success"
        sent, statuses = token if way == "token" else body, []
        for _ in range(2):
            answer = await served.call("POST", path, data=sent, headers=headers)
            statuses.append((answer.status, answer.body.get("replayed")))
        replayed = [(200, None), (410, None)] if way == "token" else [(200, False), (200, True)]
        assert statuses == replayed
        asked = [r.body for r in served.stub.requests if r.operation == "SendTaskSuccess"]
        assert {body["output"] for body in asked} == {output.strip()}
        served.stub.requests.clear()


@pytest.mark.parametrize("input", TEXTS, ids=COUNT)
async def test_the_tutorials_trigger_and_express_pass_on_what_was_written(
    served: Served, input: str
) -> None:
    text = f'{{"order":{input}}}'
    answer = await served.call("POST", "/trigger-workflow", data=text.encode())
    assert answer.status == 200
    path = "/v1/state-machines/price/sync-executions"
    async with served.http.post(path, data=f'{{"input":{text}}}'.encode()) as sync:
        assert member(await sync.text(), "output") == meaning(text)  # the stub answers the input
    asked = [r.body["input"] for r in served.stub.requests if "input" in r.body]
    assert asked == [text, text]
    served.stub.requests.clear()


@pytest.mark.parametrize("number", [n for n in NUMBERS if n not in {"0", "-0", "7"}])
async def test_a_key_belongs_to_the_number_it_came_with(served: Served, number: str) -> None:
    async def start(text: str) -> int:
        body, key = f'{{"input":{{"n":{text}}}}}', {"Idempotency-Key": "once"}
        return (await served.call("POST", ORDER, data=body.encode(), headers=key)).status

    statuses = [await start(text) for text in (number, f" {number}", f"[{number}]")]
    assert statuses == [202, 200, 409]


async def test_of_a_key_numbers_are_compared_by_value_and_not_rounded(served: Served) -> None:
    async def start(key: str, text: str) -> int:
        headers, body = {"Idempotency-Key": key}, f'{{"input":{text}}}'
        return (await served.call("POST", ORDER, data=body.encode(), headers=headers)).status

    assert [await start("a", text) for text in ("1.0", "1.00", "1e0")] == [202, 200, 200]
    assert [await start("b", text) for text in ("1", "1.0")] == [202, 409]
    long = "12345678901234567.8"
    assert [await start("c", long + digit) for digit in "998"] == [202, 200, 409]


async def test_a_definition_is_shown_with_its_own_numbers(served: Served) -> None:
    definition = '{"StartAt":"A","States":{"A":{"Type":"Pass","Result":1.10,"End":true}}}'
    served.stub.add_machine("rates", definition=definition)
    assert member(await text_of(served, "/v1/state-machines/rates"), "definition") == meaning(
        definition
    )


async def test_tokens_are_redacted_and_numbers_beside_them_kept(served: Served) -> None:
    text = f'{{"TaskToken": "secret", "also": "{TOKEN}", "n": [1.10, 1E5, 1e400]}}'
    arn = served.stub.add_execution("order", "told")
    served.stub.append(arn, event("ExecutionStarted", details={"input": text}))
    shown = await text_of(served, "/v1/executions/order:told")
    redacted = text.replace(TOKEN, "[redacted]").replace("secret", "[redacted]")
    assert member(shown, "input") == meaning(redacted)


async def test_an_input_that_is_long_for_its_blanks_and_escapes_alone_is_taken(
    served: Served,
) -> None:
    input = {"n": ["€" * 70_000, 1.5]}
    body = json.dumps({"input": input}, indent=8).replace("1.5", "1.50")
    assert len(body) > 262_144
    answer = await served.call("POST", ORDER, data=body.encode())
    (run,) = served.stub.account.runs.values()
    assert (answer.status, run.input) == (202, f'{{"n":["{"€" * 70_000}",1.50]}}')
