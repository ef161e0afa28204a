"""Which requests and sockets leave a line, and how severe it is."""

from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs
from structlog.typing import EventDict
from wsproto.frame_protocol import CloseReason

from handrail.telemetry.request_log import RequestLog

HEALTH, ORDERS = "/healthz", "/v1/executions"


@pytest.fixture
def lines() -> Iterator[list[EventDict]]:
    with capture_logs() as lines:
        yield lines


@pytest.mark.parametrize(
    ("requests", "written"),
    [("all", [200, None, 404, 503]), ("errors", [404, 503]), ("none", [])],
)
def test_the_setting_says_whose_lines_are_written(
    lines: list[EventDict], requests: str, written: list[int | None]
) -> None:
    log = RequestLog(requests)
    for status in (200, None, 404, 503):
        log.request(status, ORDERS, method="GET")
    assert [line["status"] for line in lines] == written
    assert all((line["event"], line["route"]) == ("request", ORDERS) for line in lines)


def test_what_fails_here_is_a_warning(lines: list[EventDict]) -> None:
    for status in (200, None, 404, 500, 504):
        RequestLog().request(status, ORDERS)
    assert [line["log_level"] for line in lines] == ["info"] * 3 + ["warning"] * 2


def test_health_checks_leave_a_line_a_minute_that_says_how_many_left_none(
    lines: list[EventDict],
) -> None:
    now = 0.0
    log = RequestLog(now=lambda: now)
    for now in (0, 10, 20, 59, 60, 70, 121):
        log.request(200, HEALTH, probe=True, at=now)
        if now == 20:
            log.request(200, "/readyz", probe=True, at=now)
    assert [(line["at"], line["route"], line.get("unlogged")) for line in lines] == [
        (0, HEALTH, None),
        (20, "/readyz", None),
        (60, HEALTH, 3),
        (121, HEALTH, 1),
    ]


def test_each_that_fails_leaves_one_and_the_next_that_goes_well(lines: list[EventDict]) -> None:
    log = RequestLog(now=lambda: 0.0)
    for status in (200, 200, 503, 503, 200, 200):
        log.request(status, HEALTH, probe=True)
    assert [(line["status"], line.get("unlogged")) for line in lines] == [
        (200, None),
        (503, 1),
        (503, None),
        (200, None),
    ]


@pytest.mark.parametrize(("probes", "written"), [("all", [200, 200, 503]), ("none", [503])])
def test_they_can_leave_one_each_or_none_but_when_they_fail(
    lines: list[EventDict], probes: str, written: list[int]
) -> None:
    log = RequestLog(probes=probes, now=lambda: 0.0)
    for status in (200, 200, 503):
        log.request(status, HEALTH, probe=True)
    assert [line["status"] for line in lines] == written


@pytest.mark.parametrize(
    ("requests", "written"),
    [
        ("all", ["socket opened", 1000, 1006, 1012, 1011, 4429]),
        ("errors", [1011, 4429]),
        ("none", []),
    ],
)
def test_sockets_leave_lines_by_the_same_setting(
    lines: list[EventDict], requests: str, written: list[object]
) -> None:
    log = RequestLog(requests)
    log.socket_opened(session="s")
    for code in (1000, 1006, 1012, 1011, 4429):
        log.socket_closed(CloseReason(code) if code == 1000 else code, session="s")
    assert {type(line["code"]) for line in lines if "code" in line} <= {int}, (
        "a console shows enums"
    )
    assert [line.get("code", line["event"]) for line in lines] == written
    assert {line["log_level"] for line in lines if line.get("code") == 1011} <= {"warning"}
