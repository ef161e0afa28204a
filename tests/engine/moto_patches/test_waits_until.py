"""Waits until a time, and for as long as a path says."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.engine.engine_fixture import Calls, one_state, refusal

from .test_failures import where

pytestmark = pytest.mark.asyncio(loop_scope="session")

FORMAT = "a valid ISO-8601 extended offset date-time format string: $.t =="
PAST = ["2020-01-01T00:00:00Z", "2020-01-01T00:00:00.1234567Z", "2020-01-01T12:00:00+02:00"]


@pytest.mark.parametrize("text", PAST)
async def test_a_time_in_the_past_is_not_waited_for(calls: Calls, text: str) -> None:
    by_path = one_state(Type="Wait", TimestampPath="$.t")
    assert (await calls.run(by_path, {"t": text}))["status"] == "SUCCEEDED"
    assert (await calls.run(one_state(Type="Wait", Timestamp=text)))["status"] == "SUCCEEDED"


@pytest.mark.parametrize("text", ["9999-12-31T23:59:59Z", "+1 h"])
async def test_a_time_in_the_future_is_waited_for(calls: Calls, text: str) -> None:
    if text == "+1 h":  # elsewhere, where it is as late by the clock on the wall
        text = (datetime.now(UTC) + timedelta(hours=1)).isoformat("T", "seconds")
    machine = await calls.create(one_state(Type="Wait", TimestampPath="$.t"))
    arn = await calls.start(machine, {"t": text})
    await calls.reached(arn, "WaitStateEntered")
    found = await calls.sfn.describe_execution(executionArn=arn)
    await calls.sfn.stop_execution(executionArn=arn)
    assert found["status"] == "RUNNING"


@pytest.mark.parametrize(
    ("field", "value", "cause"),
    [
        ("TimestampPath", "one", f"does not reference {FORMAT} one"),
        ("TimestampPath", "2020-13-05T21:29:29Z", f"does not reference {FORMAT} 2020-13-05T"),
        ("TimestampPath", "2020-12-05T21:29:29", f"does not reference {FORMAT} 2020-12-05T"),
        ("TimestampPath", 5, f"does not reference {FORMAT} 5"),
        ("TimestampPath", None, f"does not reference {FORMAT} null"),
        ("SecondsPath", "1", "cannot be parsed as a long value: $.t == 1"),
        ("SecondsPath", True, "cannot be parsed as a long value: $.t == true"),
        ("SecondsPath", 1.5, "cannot be parsed as a long value: $.t == 1.5"),
        ("SecondsPath", -1, "references a negative value: $.t == -1"),
        ("SecondsPath", 100_000_000, "references a value over 99999999: $.t == 100000000"),
    ],
)
async def test_what_is_no_time_fails_the_state(
    calls: Calls, field: str, value: Any, cause: str
) -> None:
    ended = await calls.run(one_state(Type="Wait", **{field: "$.t"}), {"t": value})
    assert (ended["status"], ended["error"]) == ("FAILED", "States.Runtime")
    assert ended["cause"].startswith(where("A", 2) + f"The {field} parameter {cause}")


@pytest.mark.parametrize("field", ["TimestampPath", "SecondsPath"])
async def test_so_does_what_is_not_there(calls: Calls, field: str) -> None:
    ended = await calls.run(one_state(Type="Wait", **{field: "$.nope"}))
    cause = f"The {field} parameter does not reference an input value: $.nope"
    assert (ended["error"], ended["cause"]) == ("States.Runtime", where("A", 2) + cause)


@pytest.mark.parametrize("fields", [{"Timestamp": "tomorrow"}, {"Seconds": 100_000_000}])
async def test_a_definition_says_it_rightly(calls: Calls, fields: dict[str, Any]) -> None:
    code, _ = await refusal(calls.create(one_state(Type="Wait", **fields)))
    assert code == "InvalidDefinition"
