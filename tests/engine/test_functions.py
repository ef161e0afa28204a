import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from structlog.testing import capture_logs

from service.engine import EngineError
from service.engine.errors import AwsError
from service.engine.functions import HandlerFunctions
from service.engine.handlers import loaded_folders

from .engine_fixture import DEADLINE_S, FUNCTION, Calls, one_state

HANDLERS = """
async def charge(event, context):
    return event
def plain(event):
    return event
"""


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
        one = await calls.functions.get_function(FunctionName="charge-card")
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


def test_a_function_s_name_is_filled_in(tmp_path: Path) -> None:
    folder(tmp_path, handlers={"log-${ENVIRONMENT}": "handlers.py:plain"})
    with loaded_folders(tmp_path, {"ENVIRONMENT": "test"}) as loaded:
        assert list(loaded.handlers) == ["log-test"]
    loading = loaded_folders(tmp_path, {})
    with pytest.raises(EngineError, match="can't be named"), loading:
        pass


def test_a_payload_that_is_no_json_is_refused() -> None:
    with HandlerFunctions({"echo": _echo}, arn_prefix=FUNCTION) as functions:
        assert functions.invoke(FUNCTION + "echo:$LATEST", b"").payload == b"{}"
        with pytest.raises(Exception, match="parse request body"):
            functions.invoke("echo", b"{")


def test_handlers_are_found_by_their_functions_names(tmp_path: Path) -> None:
    folder(tmp_path, handlers={"charge-card": "handlers.py:charge", "log": "handlers.py:plain"})
    with loaded_folders(tmp_path, {}) as loaded:
        assert loaded.handlers["log"]({"a": 1}) == {"a": 1}
        assert sorted(loaded.handlers) == ["charge-card", "log"]


@pytest.mark.parametrize(
    ("code", "target", "problem"),
    [
        (
            "import nowhere_to_be_found",
            "handlers.py:charge",
            r"handlers.py: can't be imported: "
            r"ModuleNotFoundError: No module named 'nowhere_to_be_found'",
        ),
        ("def charge(:", "handlers.py:charge", r"can't be imported: SyntaxError"),
        (HANDLERS, "handlers.py:missing", r"there is no function missing"),
        (HANDLERS, "other.py:charge", r"names no file here"),
    ],
)
def test_handlers_that_cannot_be_loaded_are_named(
    tmp_path: Path, code: str, target: str, problem: str
) -> None:
    folder(tmp_path, code=code, handlers={"charge": target})
    with pytest.raises(EngineError, match=problem) as caught, loaded_folders(tmp_path, {}):
        pass
    assert "\n" not in str(caught.value)


def test_one_function_name_cannot_mean_two_handlers(tmp_path: Path) -> None:
    folder(tmp_path, "one", handlers={"charge": "handlers.py:charge"})
    folder(tmp_path, "two", handlers={"charge": "handlers.py:charge"})
    loading = loaded_folders(tmp_path, {})
    with pytest.raises(EngineError, match="to another handler"), loading:
        pass


def folder(
    root: Path, name: str = "one", *, handlers: dict[str, str], code: str = HANDLERS
) -> None:
    path = root / name
    path.mkdir()
    (path / "definition.asl.json").write_text("{}")
    (path / "machine.json").write_text(json.dumps({"name": name, "handlers": handlers}))
    (path / "handlers.py").write_text(code)


def invoking(function: str) -> dict[str, Any]:
    return one_state(
        Type="Task",
        Resource="arn:aws:states:::lambda:invoke",
        Parameters={"FunctionName": function, "Payload.$": "$"},
    )


def _echo(event: Any) -> Any:
    return event
