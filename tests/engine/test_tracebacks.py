"""A traceback for the terminal is somebody's own code, and holds no task token."""

from pathlib import Path

from handrail.engine.functions import HandlerFunctions
from handrail.engine.handlers import loaded_folders
from handrail.engine.tracebacks import traceback_of
from tests.core.made_up_tokens import aws_token

from .test_handlers import folder


def test_it_begins_where_the_handler_does_and_is_told_once(tmp_path: Path) -> None:
    code = "def inner(): raise LookupError('gone')\ndef f(event):\n    inner()\n"
    folder(tmp_path, handlers={"f": "handlers.py:f"}, code=code)
    told: list[str] = []
    with (
        loaded_folders(tmp_path, {}) as loaded,
        HandlerFunctions(loaded.handlers, arn_prefix="", report=told.append) as functions,
    ):
        assert functions.invoke("f", b"{}").failed
        functions.invoke_later("f", b"{}").join(5)
    file = tmp_path / "one" / "handlers.py"
    assert told[0] == told[1]
    assert told[0].splitlines()[:3] == [
        "f failed.",
        "Traceback (most recent call last):",
        f'  File "{file}", line 3, in f',
    ]
    assert told[0].splitlines()[-1] == "LookupError: gone"
    assert len(told) == 2


def test_a_task_token_in_it_is_redacted() -> None:
    token = aws_token(652)
    try:
        raise ValueError(f"the token is {token}")
    except ValueError as error:
        shown = traceback_of(error)
    assert token not in shown
    assert "[redacted]" in shown
