import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from structlog.testing import capture_logs

from handrail.engine.errors import AwsError
from handrail.engine.functions import HandlerFunctions

from .engine_fixture import DEADLINE_S, FUNCTION, Calls, one_state


@pytest.mark.asyncio(loop_scope="session")
class TestOnTheEngine:
    async def test_a_function_is_called_by_its_arn(self, calls: Calls) -> None:
        ended = await calls.run(one_state(Type="Task", Resource=FUNCTION + "echo-async"), {"a": 1})
        assert json.loads(ended["output"]) == {"a": 1}

    async def test_a_function_is_called_through_lambda_invoke(self, calls: Calls) -> None:
        ended = await calls.run(invoking("about"))
        assert json.loads(ended["output"])["Payload"] == {
            "name": "about",
            "arn": FUNCTION + "about",
            "time_left": True,
        }

    async def test_a_function_may_be_handed_a_task_token(self, calls: Calls) -> None:
        arn = await calls.start(
            await calls.create(
                one_state(
                    Type="Task",
                    Resource="arn:aws:states:::lambda:invoke.waitForTaskToken",
                    Parameters={
                        "FunctionName": "echo",
                        "Payload": {"token.$": "$$.Task.Token"},
                    },
                )
            )
        )
        events = await calls.reached(arn, "TaskSubmitted")
        scheduled = next(e for e in events if e["type"] == "TaskScheduled")
        parameters = json.loads(scheduled["taskScheduledEventDetails"]["parameters"])
        token = parameters["Payload"]["token"]
        await calls.sfn.send_task_success(taskToken=token, output='"done"')
        assert (await calls.ended(arn))["output"] == '"done"'

    @pytest.mark.parametrize("direct", [True, False])
    async def test_an_exception_is_caught_by_its_class_name(
        self, calls: Calls, direct: bool
    ) -> None:
        state = one_state(Type="Task", Resource=FUNCTION + "fail") if direct else invoking("fail")
        state["States"]["A"]["Catch"] = [{"ErrorEquals": ["Refused"], "Next": "Caught"}]
        state["States"]["Caught"] = {"Type": "Pass", "End": True}
        caught = json.loads((await calls.run(state, {"what": "now"}))["output"])
        cause = json.loads(caught["Cause"])
        assert caught["Error"] == cause["errorType"] == "Refused"
        assert cause["errorMessage"] == "not now"
        assert "in fail" in cause["stackTrace"][0]
        assert len(cause["stackTrace"]) == 1, "the engine's own frames are nobody's business"

    @pytest.mark.parametrize("name", ["leave", "leave-async"])
    async def test_a_handler_that_exits_fails_as_on_lambda_and_others_go_on(
        self, calls: Calls, name: str
    ) -> None:
        ended = await calls.run(one_state(Type="Task", Resource=FUNCTION + name))
        assert ended["error"] == "Runtime.ExitError"
        assert "exit status 3" in json.loads(ended["cause"])["errorMessage"]
        ended = await calls.run(one_state(Type="Task", Resource=FUNCTION + "echo-async"), {"a": 1})
        assert json.loads(ended["output"]) == {"a": 1}

    async def test_an_error_without_words_has_its_name(self, calls: Calls) -> None:
        ended = await calls.run(one_state(Type="Task", Resource=FUNCTION + "fail-wordlessly"))
        assert ended["error"] == "Wordless"

    @pytest.mark.parametrize("name", ["unserialisable", "bottomless"])
    async def test_what_is_no_json_cannot_be_returned(self, calls: Calls, name: str) -> None:
        ended = await calls.run(one_state(Type="Task", Resource=FUNCTION + name))
        assert ended["error"] == "Runtime.MarshalError"

    async def test_an_unknown_function_is_named(self, calls: Calls) -> None:
        ended = await calls.run(invoking("nowhere"))
        assert ended["error"] == "Lambda.ResourceNotFoundException"
        assert FUNCTION + "nowhere" in ended["cause"]

    async def test_functions_are_listed_with_their_arns(self, calls: Calls) -> None:
        listed = (await calls.functions.list_functions())["Functions"]
        assert {"FunctionName": "echo", "FunctionArn": FUNCTION + "echo"}.items() <= (
            next(each for each in listed if each["FunctionName"] == "echo").items()
        )
        one = await calls.functions.get_function(FunctionName="charge-card-test")
        assert one["Configuration"]["State"] == "Active"

    async def test_a_function_may_be_invoked_without_waiting(self, calls: Calls) -> None:
        answer = await calls.functions.invoke(
            FunctionName="echo", InvocationType="Event", Payload=b"{}"
        )
        assert answer["StatusCode"] == 202

    async def test_functions_are_not_created_over_the_api(self, calls: Calls) -> None:
        with pytest.raises(ClientError, match=r"machine\.json's handlers"):
            await calls.functions.delete_function(FunctionName="echo")


@pytest.mark.parametrize("name", ["broken", "whole"])
def test_an_event_s_failure_is_logged_without_what_it_was_about(name: str) -> None:
    def broken(event: Any) -> Any:
        raise LookupError(f"no {event}")

    with capture_logs() as logs:
        handlers = {"broken": broken, "whole": _echo}
        with HandlerFunctions(handlers, arn_prefix=FUNCTION) as functions:
            functions.invoke_later(name, b'"secret"').join(DEADLINE_S)
    told = [(entry["event"], entry["function"], entry["error"]) for entry in logs]
    assert told == ([("function failed", "broken", "LookupError")] if name == "broken" else [])
    assert "secret" not in str(logs)


def test_an_event_for_nobody_or_of_no_json_is_refused_at_once() -> None:
    with HandlerFunctions({"echo": _echo}, arn_prefix=FUNCTION) as functions:
        for name, payload in (("nowhere", b"{}"), ("echo", b"{")):
            with pytest.raises(AwsError):
                functions.invoke_later(name, payload)


def test_a_payload_that_is_no_json_is_refused() -> None:
    with HandlerFunctions({"echo": _echo}, arn_prefix=FUNCTION) as functions:
        assert functions.invoke(FUNCTION + "echo:$LATEST", b"").payload == b"{}"
        with pytest.raises(Exception, match="parse request body"):
            functions.invoke("echo", b"{")


def invoking(function: str) -> dict[str, Any]:
    return one_state(
        Type="Task",
        Resource="arn:aws:states:::lambda:invoke",
        Parameters={"FunctionName": function, "Payload.$": "$"},
    )


def _echo(event: Any) -> Any:
    return event
