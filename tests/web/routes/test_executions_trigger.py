"""The tutorial's entry point."""

import json

import pytest

from handrail.usecases.trigger import trigger_machine
from tests.web.conftest import Serving
from tests.web.keys import bearer, entry
from tests.web.served import Served

PATH = "/trigger-workflow"
STAGES = ("dev", "prod")


@pytest.fixture(autouse=True)
def machine(served: Served) -> str:
    return served.stub.add_machine("orchestration-dev")


def inputs(served: Served) -> list[object]:
    return [json.loads(run.input or "null") for run in served.stub.account.runs.values()]


@pytest.mark.parametrize("body", [{"message": "hello"}, {}, {"a": {"b": [1, None]}}])
async def test_any_object_starts_an_execution_with_it_as_input(
    served: Served, body: dict[str, object]
) -> None:
    answer = await served.post(PATH, body)
    assert answer.status == 200
    assert answer.body["message"] == "Workflow triggered!"
    shown = await served.get("/v1/executions?state_machine=orchestration-dev")
    assert [each["execution"] for each in shown.body["executions"]] == [answer.body["execution"]]
    assert inputs(served) == [body]


async def test_no_body_is_an_empty_object(served: Served) -> None:
    assert (await served.call("POST", PATH)).status == 200
    assert inputs(served) == [{}]


@pytest.mark.parametrize("body", ["[]", "1", '"text"', "true", "null"])
async def test_what_is_no_object_is_refused(served: Served, body: str) -> None:
    answer = await served.call("POST", PATH, data=body)
    assert (answer.status, answer.body["code"]) == (422, "invalid_request")
    assert [error["path"] for error in answer.body["errors"]] == [""]
    assert inputs(served) == []


async def test_what_is_no_json_is_refused(served: Served) -> None:
    assert (await served.call("POST", PATH, data="hello")).status == 400


async def test_an_idempotency_key_starts_one_execution(served: Served) -> None:
    headers = {"Idempotency-Key": "once"}
    answers = [await served.post(PATH, {"a": 1}, headers=headers) for _ in range(2)]
    assert answers[0].body == answers[1].body
    assert len(inputs(served)) == 1


async def test_the_stage_is_in_the_name(serve: Serving) -> None:
    async with serve(environment="prod") as served:
        missing = await served.post(PATH, {})
        assert (missing.status, missing.body["code"]) == (404, "state_machine_not_found")
        served.stub.add_machine("orchestration-prod")
        assert (await served.post(PATH, {})).body["execution"].startswith("orchestration-prod:")


async def test_its_caller_needs_leave_for_the_machine_of_this_stage(serve: Serving) -> None:
    keys = [entry(stage, scopes=["start"], machines=[trigger_machine(stage)]) for stage in STAGES]
    settings = {"auth": "api-key", "api_keys": json.dumps(keys)}
    async with serve(environment="prod", **settings) as served:
        served.stub.add_machine("orchestration-prod")
        for stage, status in (("prod", 200), ("dev", 404)):
            assert (await served.post(PATH, {}, headers=bearer(stage))).status == status


async def test_with_aws_failing_it_is_a_503(served: Served) -> None:
    served.stub.fail_next("StartExecution", code="ThrottlingException")
    assert (await served.post(PATH, {})).status == 503


async def test_an_express_state_machine_is_triggered_too(served: Served) -> None:
    served.stub.add_machine("orchestration-dev", type="EXPRESS")
    answer = await served.post(PATH, {"message": "hello"})
    assert (answer.status, answer.body["message"]) == (200, "Workflow triggered!")
    assert answer.body["execution"].startswith("orchestration-dev:")
    assert answer.body["cursor"] is None
    keyed = await served.post(PATH, {}, headers={"Idempotency-Key": "k"})
    assert (keyed.status, keyed.body["code"]) == (409, "unsupported_by_type")
