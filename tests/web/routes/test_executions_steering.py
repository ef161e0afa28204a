"""POST …/stop and …/redrive."""

import pytest

from tests.web.served import Served
from tests.web.stories import ended, failed, running

ONE = "/v1/executions/order:one"


async def test_a_stop_aborts_and_answers_the_snapshot(served: Served) -> None:
    running(served.stub)
    answer = await served.post(f"{ONE}/stop", {"error": "Mistaken", "cause": "Wrong order."})
    assert (answer.status, answer.body["status"]) == (200, "ABORTED")
    assert (answer.body["error"], answer.body["cause"]) == ("Mistaken", "Wrong order.")


@pytest.mark.parametrize("body", [b"", b"{}", b'{"error": null}'])
async def test_a_stop_needs_no_reason(served: Served, body: bytes) -> None:
    running(served.stub)
    answer = await served.call("POST", f"{ONE}/stop", data=body)
    assert (answer.status, answer.body["status"]) == (200, "ABORTED")


async def test_stopping_what_has_ended_changes_nothing(served: Served) -> None:
    ended(served.stub)
    answer = await served.post(f"{ONE}/stop")
    assert (answer.status, answer.body["status"]) == (200, "SUCCEEDED")


@pytest.mark.parametrize(("name", "longest"), [("error", 256), ("cause", 32_768)])
async def test_a_reason_longer_than_aws_takes_is_told(
    served: Served, name: str, longest: int
) -> None:
    running(served.stub)
    answer = await served.post(f"{ONE}/stop", {name: "x" * (longest + 1)})
    assert (answer.status, answer.body["errors"][0]["path"]) == (422, name)
    assert served.stub.calls["StopExecution"] == 0


async def test_a_redrive_continues_a_failed_execution(served: Served) -> None:
    served.stub.append(running(served.stub), failed())
    answer = await served.post(f"{ONE}/redrive")
    assert (answer.status, answer.body["status"]) == (202, "RUNNING")
    assert (answer.body["redrive_count"], answer.body["error"]) == (1, None)


async def test_what_has_succeeded_can_t_be_redriven(served: Served) -> None:
    ended(served.stub)
    answer = await served.post(f"{ONE}/redrive")
    assert (answer.status, answer.body["code"]) == (409, "execution_not_redrivable")


@pytest.mark.parametrize("action", ["stop", "redrive"])
async def test_there_must_be_an_execution_that_can_be_steered(served: Served, action: str) -> None:
    missing = await served.post(f"/v1/executions/order:nothing/{action}")
    express = await served.post(f"/v1/executions/price:one:uuid/{action}")
    assert (missing.status, missing.body["code"]) == (404, "execution_not_found")
    assert (express.status, express.body["code"]) == (409, "unsupported_by_type")
