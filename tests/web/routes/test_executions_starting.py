"""POST …/executions and …/sync-executions: what a start answers, repeated or broken too."""

import asyncio

import pytest

from tests.stubs.stepfunctions import Run, StepFunctionsStub
from tests.web.conftest import Serving
from tests.web.served import Answer, Served, eventually
from tests.web.stories import WITH_APPROVAL, ran, succeeded, waiting

ORDER = "/v1/state-machines/order/executions"
PRICE = "/v1/state-machines/price"


def only_run(stub: StepFunctionsStub) -> Run:
    (run,) = stub.account.runs.values()
    return run


async def started(served: Served, path: str) -> tuple["asyncio.Task[Answer]", Run]:
    """A start that waits, and its execution."""
    asked = asyncio.create_task(served.post(path, {"input": {}}))
    await eventually(lambda: served.stub.account.runs)
    return asked, only_run(served.stub)


async def test_a_start_answers_202_with_location_links_and_cursor(served: Served) -> None:
    answer = await served.post(ORDER, {"input": {"sku": 7}, "name": "one"})
    assert answer.status == 202
    assert answer.headers["location"] == "/v1/executions/order:one"
    run = only_run(served.stub)
    epoch = round(run.started_at.timestamp() * 1000)
    base = "/v1/executions/order:one"
    assert answer.body == {
        "execution": "order:one",
        "state_machine": "order",
        "name": "one",
        "status": "RUNNING",
        "started_at": answer.body["started_at"],
        "stopped_at": None,
        "input": {"sku": 7},
        "output": None,
        "error": None,
        "cause": None,
        "input_truncated": False,
        "output_truncated": False,
        "redrive_count": 0,
        "version": None,
        "alias": None,
        "cursor": f"{epoch}:0",
        "stale_after_s": None,
        "progress": None,
        "replay_of": None,
        "states": [],
        "tasks": [],
        "links": {
            "self": base,
            **{
                part: f"{base}/{part}"
                for part in ("events", "stream", "ws", "stop", "redrive", "tasks")
            },
        },
    }


@pytest.mark.parametrize("body", [b"", b"  \n", b"{}", b'{"input": {}}'])
async def test_without_a_body_an_execution_starts_with_an_empty_object(
    served: Served, body: bytes
) -> None:
    answer = await served.call("POST", ORDER, data=body)
    assert (answer.status, only_run(served.stub).input) == (202, "{}")


@pytest.mark.parametrize("input", [None, [1, "two"], "text", 0, False, {"a": {"b": []}}])
async def test_the_input_may_be_any_json_value(served: Served, input: object) -> None:
    answer = await served.post(ORDER, {"input": input})
    assert (answer.status, answer.body["input"]) == (202, input)


async def test_a_start_with_the_same_name_and_input_is_a_replay(served: Served) -> None:
    first = await served.post(ORDER, {"input": {"a": 1, "b": 2}, "name": "one"})
    again = await served.post(ORDER, {"input": {"b": 2, "a": 1}, "name": "one"})
    assert (again.status, again.body["replayed"]) == (200, True)
    assert again.body["execution"] == first.body["execution"]
    assert again.headers["location"] == first.headers["location"]


async def test_a_replay_of_an_ended_execution_answers_its_outcome(served: Served) -> None:
    await served.post(ORDER, {"name": "one"})
    served.stub.append(only_run(served.stub).arn, *ran("Charge"), succeeded({"paid": True}))
    again = await served.post(ORDER, {"name": "one"})
    assert (again.status, again.body["status"]) == (200, "SUCCEEDED")
    assert again.body["output"] == {"paid": True}


async def test_the_same_name_with_another_input_is_a_conflict(served: Served) -> None:
    await served.post(ORDER, {"input": {"a": 1}, "name": "one"})
    answer = await served.post(ORDER, {"input": {"a": 2}, "name": "one"})
    assert (answer.status, answer.body["code"]) == (409, "execution_conflict")


async def test_an_idempotency_key_starts_one_execution_only(served: Served) -> None:
    key = {"Idempotency-Key": "order 4711 ä"}
    first = await served.post(ORDER, {"input": 1}, headers=key)
    again = await served.post(ORDER, {"input": 1}, headers=key)
    other = await served.post(ORDER, {"input": 2}, headers=key)
    assert [first.status, again.status, other.status] == [202, 200, 409]
    assert first.body["execution"] == again.body["execution"]


@pytest.mark.parametrize("key", ["", "k" * 256])
async def test_an_idempotency_key_has_a_length(served: Served, key: str) -> None:
    answer = await served.post(ORDER, {}, headers={"Idempotency-Key": key})
    assert (answer.status, answer.body["code"]) == (422, "invalid_request")
    assert answer.body["errors"][0]["path"] == "Idempotency-Key"


async def test_a_name_is_looked_at_before_a_key(served: Served) -> None:
    key = {"Idempotency-Key": "one for all"}
    first = await served.post(ORDER, {"input": 1, "name": "one"}, headers=key)
    other = await served.post(ORDER, {"input": 2, "name": "two"}, headers=key)
    again = await served.post(ORDER, {"input": 2, "name": "one"}, headers=key)
    assert [first.status, other.status, again.status] == [202, 202, 409]


async def test_a_body_is_an_object_or_nothing(served: Served) -> None:
    assert (await served.call("POST", ORDER)).status == 202
    answer = await served.call("POST", ORDER, data="null")
    assert (answer.status, answer.body["code"]) == (422, "invalid_request")
    assert [error["path"] for error in answer.body["errors"]] == [""]


@pytest.mark.parametrize("name", ["", "n" * 81, "with blank", "a:b", "a/b", "a#b", "a\u0085"])
async def test_a_bad_name_is_told_with_its_path(served: Served, name: str) -> None:
    answer = await served.post(ORDER, {"name": name})
    assert (answer.status, answer.body["code"]) == (422, "invalid_name")
    assert answer.body["errors"][0]["path"] == "name"
    assert served.stub.calls["StartExecution"] == 0


async def test_a_wrong_body_is_told_with_field_paths(served: Served) -> None:
    answer = await served.post(ORDER, {"name": 7, "inptu": {}})
    assert (answer.status, answer.body["code"]) == (422, "invalid_request")
    assert {error["path"] for error in answer.body["errors"]} == {"name", "inptu"}


@pytest.mark.parametrize("number", ["1e400", "-1e400", "9" * 400 + ".5", "1.10", "1E5", "-0.0"])
async def test_a_number_is_passed_on_and_shown_as_it_was_written(
    served: Served, number: str
) -> None:
    answer = await served.call("POST", ORDER, data=f'{{"input":[{number}]}}')
    (run,) = served.stub.account.runs.values()
    assert run.input == f"[{number}]"
    assert f'"input":[{number}],' in answer.text


async def test_the_words_infinity_and_nan_in_a_text_are_no_numbers(served: Served) -> None:
    answer = await served.post(ORDER, {"input": ["Infinity", "NaN", {"-Infinity": 1.5}]})
    assert answer.status == 202


async def test_an_input_too_long_for_aws_is_refused(served: Served) -> None:
    answer = await served.post(ORDER, {"input": "x" * 262_143})
    assert (answer.status, answer.body["code"]) == (422, "invalid_input")


async def test_an_unknown_machine_is_not_found(served: Served) -> None:
    answer = await served.post("/v1/state-machines/nothing/executions", {})
    assert (answer.status, answer.body["code"]) == (404, "state_machine_not_found")


async def test_a_start_waits_for_the_end(served: Served) -> None:
    asked, run = await started(served, f"{ORDER}?wait=20")
    served.stub.append(run.arn, *ran("Charge"), succeeded({"paid": True}))
    answer = await asked
    assert (answer.status, answer.body["status"]) == (202, "SUCCEEDED")
    assert answer.body["output"] == {"paid": True}
    assert [state["state"] for state in answer.body["states"]] == ["Charge"]


async def test_a_start_waits_no_longer_than_for_a_pending_task(served: Served) -> None:
    served.stub.add_machine("order", definition=WITH_APPROVAL)
    asked, run = await started(served, f"{ORDER}?wait=20")
    served.stub.append(run.arn, *waiting())
    answer = await asked
    assert (answer.body["status"], answer.body["tasks"][0]["state"]) == ("RUNNING", "Approve")


async def test_a_start_waits_no_longer_than_asked(served: Served) -> None:
    answer = await served.post(f"{ORDER}?wait=0.05", {})
    assert (answer.status, answer.body["status"]) == (202, "RUNNING")


@pytest.mark.parametrize("wait", ["-1", "25.1", "nan", "inf", "soon"])
async def test_a_wait_out_of_bounds_is_refused(served: Served, wait: str) -> None:
    answer = await served.post(f"{ORDER}?wait={wait}", {})
    assert (answer.status, answer.body["errors"][0]["path"]) == (422, "wait")
    assert not served.stub.account.runs


async def test_what_has_started_is_told_though_it_can_t_be_watched(served: Served) -> None:
    """Else the caller would start it a second time."""
    served.stub.fail_next("GetExecutionHistory", code="ThrottlingException", times=3)
    answer = await served.post(f"{ORDER}?wait=5", {})
    assert (answer.status, answer.body["status"]) == (202, "RUNNING")
    assert answer.headers["location"].startswith("/v1/executions/order:")


async def test_an_express_start_answers_what_can_be_known_and_nothing_that_cant_work(
    served: Served,
) -> None:
    answer = await served.post(f"{PRICE}/executions?wait=0", {"input": 1, "name": "n"})
    assert answer.status == 202
    assert "location" not in answer.headers
    assert (answer.body["links"], answer.body["cursor"]) == ({}, None)
    assert (answer.body["status"], answer.body["name"]) == ("RUNNING", "n")
    assert answer.body["started_at"]


@pytest.mark.parametrize("asked", ["wait", "credential"])
async def test_an_express_start_can_t_be_waited_for_or_watched(asked: str, serve: Serving) -> None:
    async with serve(link_keys=f"one:{'k' * 32}") as served:
        answer = await served.post(f"{PRICE}/executions?{asked}=1", {"input": 1})
        assert (answer.status, answer.body["errors"][0]["path"]) == (422, asked)
        assert not served.stub.account.runs


async def test_an_express_start_that_isn_t_to_be_looked_at_is_made(served: Served) -> None:
    answer = await served.post(f"{PRICE}/executions?wait=0&credential=0", {"input": 1})
    assert answer.status == 202


async def test_an_express_start_takes_no_key(served: Served) -> None:
    answer = await served.post(f"{PRICE}/executions", {}, headers={"Idempotency-Key": "k"})
    assert (answer.status, answer.body["code"]) == (409, "unsupported_by_type")


async def test_a_synchronous_start_answers_the_output(served: Served) -> None:
    answer = await served.post(f"{PRICE}/sync-executions", {"input": {"sku": 1}, "name": "n"})
    assert (answer.status, answer.body["status"]) == (200, "SUCCEEDED")
    assert (answer.body["output"], answer.body["name"]) == ({"sku": 1}, "n")
    assert answer.body["billed_duration_ms"] == 100


async def test_a_failed_synchronous_execution_is_an_answer_too(served: Served) -> None:
    served.stub.account.sync_outcome = {"status": "FAILED", "error": "E", "cause": "C"}
    answer = await served.post(f"{PRICE}/sync-executions", {})
    assert answer.status == 200
    assert [answer.body[name] for name in ("status", "error", "cause")] == ["FAILED", "E", "C"]


async def test_a_standard_machine_doesn_t_answer_synchronously(served: Served) -> None:
    answer = await served.post("/v1/state-machines/order/sync-executions", {})
    assert (answer.status, answer.body["code"]) == (409, "unsupported_by_type")
