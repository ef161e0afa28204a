"""`handrail start`, `redrive` and `stop`: what they send, print and exit with."""

import json
from pathlib import Path

import pytest

from handrail.core.json_text import JsonText, text_of
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
    assert service.requests[-1][1].endswith("/sync-executions")


async def test_an_express_start_is_repeated_without_its_key(serving: Serving) -> None:
    service = FakeService(answers=[STARTED], machine_type="EXPRESS")
    result = await handrail("start", "order", url=await serving(service))
    assert (result.exit_code, result.stdout) == (0, f"{EXECUTION}\n")
    first, second = service.requests
    assert "Idempotency-Key" in first[2]
    assert "Idempotency-Key" not in second[2]


async def test_an_input_is_sent_as_it_is_written(serving: Serving, tmp_path: Path) -> None:
    written = '{"amount": 1.10, "id": 123456789012345678901234567890, "x": 1E5}'
    file = tmp_path / "input.json"
    file.write_text(written, encoding="utf-16")  # as PowerShell writes it
    service = FakeService(answers=[STARTED])
    url = await serving(service)
    for args in (["start", "order"], ["replay", EXECUTION]):
        assert (await handrail(*args, "--input", f"@{file}", url=url)).exit_code == 0
        assert (await handrail(*args, "--input", "-", url=url, stdin=written)).exit_code == 0
    assert service.bodies == ['{"input":' + written + "}"] * 4


async def test_replay_prints_the_new_execution_s_id(serving: Serving) -> None:
    answer = {**snapshot(), "execution": "order:new", "replay_of": EXECUTION}
    service = FakeService(answers=[(202, answer)])
    url = await serving(service)
    result = await handrail("replay", EXECUTION, "--name", "new", url=url)
    assert (result.exit_code, result.stdout) == (0, "order:new\n")
    assert service.requests[0][1] == f"/v1/executions/{EXECUTION}/replay"
    assert service.requests[0][3] == {"name": "new"}
    result = await handrail("replay", EXECUTION, "--json", url=url)
    assert json.loads(result.stdout) == answer
    assert service.requests[1][3] == {}


async def test_a_replay_is_watched_from_its_own_cursor_on(serving: Serving) -> None:
    service = FakeService([ENDING], [STARTED], snapshots=[snapshot()])
    result = await handrail("replay", EXECUTION, "--watch", url=await serving(service))
    assert (result.exit_code, service.afters) == (0, ["9:0"])


@pytest.mark.parametrize(
    ("status", "hint"),
    [(401, "Set HANDRAIL_TOKEN to an API key"), (403, "Set HANDRAIL_TOKEN to a credential")],
)
async def test_who_is_refused_is_told_how_to_sign_in(
    status: int, hint: str, serving: Serving
) -> None:
    problem = {"detail": "Not here.", "code": "c", "request_id": "5f"}
    service = FakeService(answers=[(status, problem)])
    result = await handrail("start", "order", url=await serving(service))
    assert result.exit_code == 2
    assert result.stderr.startswith(f"Error: Not here. [request 5f] {hint}")


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


async def test_a_call_that_the_service_does_not_know_is_told_apart_from_what_is_not_there(
    serving: Serving,
) -> None:
    service = FakeService(answers=[(404, {"detail": "No such URL.", "code": "not_found"})])
    url = await serving(service)
    result = await handrail("replay", EXECUTION, url=url)
    assert (result.exit_code, result.stderr) == (
        2,
        f"Error: {url} doesn't know this call: the service is older, or isn't there.\n",
    )


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


async def test_a_test_case_is_sent_with_the_start(serving: Serving) -> None:
    service = FakeService(answers=[STARTED])
    await handrail("start", "order", "--case", "HappyPath", url=await serving(service))
    _, _, _, body = service.requests[0]
    assert body == {"input": {}, "case": "HappyPath"}
