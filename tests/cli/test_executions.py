"""`handrail start`, `redrive` and `stop`: what they send, print and exit with."""

import json

import pytest

from service.core.json_text import JsonText, text_of
from tests.client.fake_service import (
    EXECUTION,
    READY,
    RECOVERED,
    FakeService,
    Script,
    complete,
    snapshot,
    state,
    update,
)

from .commands import ENDING, STARTED, handrail
from .conftest import Serving


async def test_start_prints_the_execution_s_id(serving: Serving) -> None:
    service = FakeService(answers=[STARTED])
    result = await handrail(
        "start", "order", "--input", "-", url=await serving(service), stdin='{"a": 1}', token="t"
    )
    assert (result.exit_code, result.stdout, result.stderr) == (0, f"{EXECUTION}\n", "")
    _, _, headers, body = service.requests[0]
    assert (headers["Authorization"], body) == ("Bearer t", {"input": {"a": 1}})


async def test_start_as_json_prints_the_execution(serving: Serving) -> None:
    result = await handrail(
        "start", "order", "--json", url=await serving(FakeService(answers=[STARTED]))
    )
    assert json.loads(result.stdout) == STARTED[1]


async def test_a_start_is_watched_from_its_own_cursor_on(serving: Serving) -> None:
    """Where reads lag, an execution that is watched without one may not be there yet."""
    service = FakeService([ENDING], [STARTED])
    result = await handrail("start", "order", "--watch", url=await serving(service))
    assert (result.exit_code, service.afters) == (0, ["9:0"])


async def test_a_redrive_is_watched_from_its_answer_on(serving: Serving) -> None:
    """Never as it failed before, whatever the service still reads."""
    redriven = {**snapshot(), "status": "RUNNING", "redrive_count": 1, "cursor": "9:5"}
    ending: Script = [READY, RECOVERED, update("9:6", state("Ship", "RUNNING")), complete()]
    service = FakeService([ending], [(202, redriven)])
    result = await handrail("redrive", EXECUTION, "--watch", url=await serving(service))
    assert (result.exit_code, service.afters) == (0, ["9:5"])
    assert "FAILED" not in result.stdout
    assert result.stdout.splitlines()[0].split()[1:4] == ["execution", EXECUTION, "RUNNING"]
    method, path, _, _ = service.requests[0]
    assert (method, path) == ("POST", f"/v1/executions/{EXECUTION}/redrive")


@pytest.mark.parametrize(
    ("args", "status", "sent"),
    [
        (["redrive"], "RUNNING", {}),
        (["stop"], "ABORTED", {}),
        (["stop", "--error", "E", "--cause", "C"], "ABORTED", {"error": "E", "cause": "C"}),
    ],
)
async def test_steering_prints_the_status(
    serving: Serving, args: list[str], status: str, sent: dict[str, str]
) -> None:
    answer = {**snapshot(), "status": status}
    service = FakeService(answers=[(200, answer)])
    url = await serving(service)
    result = await handrail(*args, EXECUTION, url=url)
    assert (result.exit_code, result.stdout) == (0, f"{status}\n")
    assert service.requests[0][3] == sent
    result = await handrail(*args, EXECUTION, "--json", url=url)
    assert json.loads(result.stdout) == answer


async def test_start_and_watch_ends_with_the_execution(serving: Serving) -> None:
    service = FakeService([ENDING], [STARTED])
    result = await handrail("start", "order", "--watch", url=await serving(service))
    assert result.exit_code == 0
    assert [line.split()[1:4] for line in result.stdout.splitlines()] == [
        ["execution", EXECUTION, "RUNNING"],
        ["Charge", "RUNNING", "entered=1"],
        ["Ship", "RUNNING"],
        ["execution", EXECUTION, "SUCCEEDED"],
    ]


async def test_start_and_watch_runs_an_express_execution_to_its_end(serving: Serving) -> None:
    answer = {"status": "FAILED", "error": "Boom", "cause": "why", "output": None}
    service = FakeService(answers=[(200, answer)], machine_type="EXPRESS")
    result = await handrail("start", "order", "--watch", url=await serving(service))
    assert (result.exit_code, result.stdout) == (1, "FAILED  Boom: why\n")
    assert service.requests[0][1].endswith("/sync-executions")


async def test_an_unknown_machine_exits_with_2_and_the_service_s_words(serving: Serving) -> None:
    service = FakeService(answers=[(404, {"detail": "No state machine nope."})])
    result = await handrail("start", "nope", url=await serving(service))
    assert (result.exit_code, result.stderr) == (2, "Error: No state machine nope.\n")


async def test_bad_json_exits_with_2_before_anything_is_sent() -> None:
    result = await handrail("start", "order", "--input", "{")
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert result.stderr.startswith("Error: --input is not JSON")


async def test_aws_out_of_reach_exits_with_3(serving: Serving) -> None:
    service = FakeService(answers=[(502, {"detail": "AWS refused.", "retryable": False})])
    result = await handrail("start", "order", url=await serving(service))
    assert (result.exit_code, result.stderr) == (3, "Error: AWS refused.\n")


ODD = '{"n":[1.10,1E5,12345678901234567.89,-0.0,1e400,12345678901234567890123,"é"]}'


async def test_an_input_is_sent_and_shown_as_it_was_written(serving: Serving) -> None:
    answer = {**STARTED[1], "input": JsonText(ODD)}
    service = FakeService(answers=[(202, answer)])
    result = await handrail("start", "order", "--input", ODD, "--json", url=await serving(service))
    _, _, headers, body = service.requests[0]
    assert headers["Content-Type"] == "application/json"
    assert text_of(body) == f'{{"input":{ODD}}}'
    assert f'"input":{ODD},' in result.stdout


async def test_an_express_output_is_shown_as_it_was_written(serving: Serving) -> None:
    answer = {"status": "SUCCEEDED", "output": JsonText(ODD), "error": None, "cause": None}
    service = FakeService(answers=[(200, answer)], machine_type="EXPRESS")
    result = await handrail("start", "order", "--watch", url=await serving(service))
    assert result.stdout == f"SUCCEEDED\n{ODD}\n"


async def test_messages_are_shown_with_their_own_numbers(serving: Serving) -> None:
    script: Script = [READY, RECOVERED, {**complete(), "output": JsonText(ODD)}]
    service = FakeService(scripts=[script])
    result = await handrail("watch", EXECUTION, "--json", url=await serving(service))
    assert f'"output":{ODD},' in result.stdout
