"""Log lines."""

import io
import json
from datetime import datetime

import pytest
import structlog

from handrail.telemetry.logs import configure_logs
from tests.core.made_up_tokens import aws_token


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def lines(level: str, format: str, stream: io.StringIO) -> list[str]:
    configure_logs(level, format, stream=stream)
    log = structlog.get_logger("test")
    log.debug("very small")
    log.info("task settled", execution="orders:one", outcome="success")
    log.error("went wrong")
    return stream.getvalue().splitlines()


@pytest.mark.parametrize("format", ["json", "auto"])
def test_away_from_a_terminal_a_line_is_json(format: str) -> None:
    document = json.loads(lines("info", format, io.StringIO())[0])
    assert datetime.fromisoformat(document.pop("timestamp")).tzinfo is not None
    assert document == {
        "event": "task settled",
        "level": "info",
        "execution": "orders:one",
        "outcome": "success",
    }


@pytest.mark.parametrize(("format", "stream"), [("auto", Terminal()), ("console", io.StringIO())])
def test_for_a_person_a_line_is_columns(format: str, stream: io.StringIO) -> None:
    line = lines("info", format, stream)[0]
    assert "task settled" in line
    assert not line.startswith("{")


@pytest.mark.parametrize(("level", "count"), [("debug", 3), ("info", 2), ("warning", 1)])
def test_less_severe_lines_arent_written(level: str, count: int) -> None:
    assert len(lines(level, "json", io.StringIO())) == count


@pytest.mark.parametrize("format", ["json", "console"])
def test_a_task_token_in_an_exception_s_message_isnt_written(format: str) -> None:
    stream = io.StringIO()
    configure_logs("info", format, stream=stream)
    token = aws_token(612)
    try:
        raise ValueError(f"Invalid Token: '{token}'")
    except ValueError:
        structlog.get_logger().exception("request failed")
    assert token[20:] not in stream.getvalue()
    assert "Invalid Token: '[redacted]'" in stream.getvalue()


def test_an_exception_is_one_json_line_too() -> None:
    stream = io.StringIO()
    configure_logs("info", "json", stream=stream)
    try:
        raise ZeroDivisionError
    except ZeroDivisionError:
        structlog.get_logger().exception("watcher failed")
    [line] = stream.getvalue().splitlines()
    assert "ZeroDivisionError" in json.loads(line)["exception"]
