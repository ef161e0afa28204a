import asyncio
import json

import pytest

from handrail.engine.moto_patches.lambda_failures import function_error
from tests.engine.engine_fixture import FUNCTION, Calls, types

from .task_runs import failures, task

UNKNOWN = "The cause could not be determined because Lambda did not return an error type. "


@pytest.mark.parametrize(
    "answer", ['{"errorMessage": "Task timed out"}', "not JSON", '"a text"', '{"errorType": 1}', ""]
)
def test_a_failure_without_a_type_is_said_to_be_unknown(answer: str) -> None:
    wanted = "Lambda.Unknown", f"{UNKNOWN}Returned payload: {answer}"
    assert function_error(answer) == wanted


def test_a_failure_has_the_name_of_its_type() -> None:
    answer = '{"errorType": "Refused"}'
    assert function_error(answer) == ("Refused", answer)


@pytest.mark.asyncio(loop_scope="session")
async def test_a_cause_is_the_function_s_own_text_or_written_anew(calls: Calls) -> None:
    direct = task(FUNCTION + "fail", {"what": "now"})
    invoked = task("lambda:invoke", {"FunctionName": "fail", "Payload": {"what": "now"}})
    (error, text), (same_error, anew) = await failures(calls, direct, invoked)
    assert error == same_error == "Refused"
    told, retold = json.loads(text), json.loads(anew)
    assert text == json.dumps(told), "as the function gave it"
    assert anew == json.dumps(retold, separators=(",", ":"))
    assert told["errorMessage"] == retold["errorMessage"] == "not now"


@pytest.mark.asyncio(loop_scope="session")
async def test_a_function_that_is_not_there_is_named_alike_for_both_resources(
    calls: Calls,
) -> None:
    ended = await asyncio.gather(
        calls.run(task(FUNCTION + "nowhere:live")),
        calls.run(task("lambda:invoke", {"FunctionName": "nowhere:live"})),
    )
    for one, failed in zip(ended, ("LambdaFunctionFailed", "TaskFailed"), strict=True):
        assert one["error"] == "Lambda.ResourceNotFoundException"
        missing = (
            f"Function not found: {FUNCTION}nowhere:live (Service: AWSLambda; Status Code: 404"
        )
        assert one["cause"].startswith(missing)
        assert failed in types(await calls.history(one["executionArn"]))
