"""The commands from the outside: arguments, what they print, and their exit codes."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from service.cli import main
from service.cli.group import CommandLine
from service.core.errors import ExecutionNotFound, Throttled
from tests.client.fake_service import (
    EXECUTION,
    READY,
    RECOVERED,
    SUBSCRIBED,
    Close,
    FakeService,
    Script,
    Waits,
    complete,
    snapshot,
    state,
    update,
)

from .conftest import Serving

STARTED = (202, {**snapshot(), "cursor": "9:0"})
ENDING: Script = [
    READY,
    SUBSCRIBED,
    update("9:3", state("Ship", "RUNNING")),
    complete(),
    Close(1000),
]


async def handrail(
    *args: str, url: str = "http://127.0.0.1:9", stdin: str | None = None, token: str | None = None
) -> Result:
    """Run the command in a thread, so that the fake service's loop is free to answer it."""
    timing = {"sleep": Waits().sleep, "jitter": lambda: 0.0}
    environment = {"HANDRAIL_URL": url, "HANDRAIL_TOKEN": token}
    run = CliRunner().invoke
    return await asyncio.to_thread(run, main, args, stdin, env=environment, obj=timing)


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


async def test_what_keeps_the_service_from_reading_is_told_aside(serving: Serving) -> None:
    error = {"type": "error", "id": "0", "code": "x", "detail": "AWS is away.", "retryable": True}
    service = FakeService([[READY, SUBSCRIBED, error, complete()]])
    result = await handrail("watch", EXECUTION, url=await serving(service))
    assert (result.exit_code, result.stderr) == (0, "AWS is away.\n")


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


async def test_watch_as_json_prints_each_message_across_a_drop(serving: Serving) -> None:
    service = FakeService([[READY, SUBSCRIBED, Close(1012)], ENDING])
    result = await handrail("watch", EXECUTION, "--json", url=await serving(service))
    messages = [json.loads(line) for line in result.stdout.splitlines()]
    assert messages == [SUBSCRIBED, *ENDING[1:4]]
    assert service.afters == [None, "9:2"]
    assert result.stderr.count("\n") == 1
    assert "trying again in 0.5 s" in result.stderr


@pytest.mark.parametrize("status", ["FAILED", "TIMED_OUT", "ABORTED"])
async def test_watching_a_failure_exits_with_1(status: str, serving: Serving) -> None:
    service = FakeService([[READY, SUBSCRIBED, complete(status)]])
    assert (await handrail("watch", EXECUTION, url=await serving(service))).exit_code == 1


async def test_an_unknown_execution_exits_with_2_and_one_line(serving: Serving) -> None:
    service = FakeService(sockets_refused_with=404)
    result = await handrail("watch", EXECUTION, url=await serving(service))
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)


async def test_an_unknown_machine_exits_with_2_and_the_service_s_words(serving: Serving) -> None:
    service = FakeService(answers=[(404, {"detail": "No state machine nope."})])
    result = await handrail("start", "nope", url=await serving(service))
    assert (result.exit_code, result.stderr) == (2, "Error: No state machine nope.\n")


async def test_bad_json_exits_with_2_before_anything_is_sent() -> None:
    result = await handrail("start", "order", "--input", "{")
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert result.stderr.startswith("Error: --input is not JSON")


async def test_an_url_that_is_none_exits_with_2() -> None:
    result = await handrail("watch", EXECUTION, url="localhost:8000")
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)


async def test_nobody_there_exits_with_3() -> None:
    result = await handrail("watch", EXECUTION)
    assert result.exit_code == 3
    assert result.stderr.splitlines()[-1].startswith("Error: The service at http://127.0.0.1:9")


async def test_aws_out_of_reach_exits_with_3(serving: Serving) -> None:
    service = FakeService(answers=[(502, {"detail": "AWS refused.", "retryable": False})])
    result = await handrail("start", "order", url=await serving(service))
    assert (result.exit_code, result.stderr) == (3, "Error: AWS refused.\n")


async def test_tasks_are_listed(serving: Serving) -> None:
    task = {"event_id": 14, "state": "Approve", "resource": "sqs", "scheduled_at": "t"}
    service = FakeService(answers=[(200, {"tasks": [task]})])
    result = await handrail("tasks", EXECUTION, url=await serving(service))
    assert result.stdout == "14  Approve  sqs  t\n"


@pytest.mark.parametrize(
    ("options", "outcome", "body"),
    [
        (["--output", "null"], "success", {"output": None}),
        (["--output", '"ok"'], "success", {"output": "ok"}),
        (["--error", "E"], "failure", {"error": "E"}),
        (["--error", "E", "--cause", "c"], "failure", {"error": "E", "cause": "c"}),
    ],
)
async def test_a_task_is_settled(
    options: list[str], outcome: str, body: dict[str, str | None], serving: Serving
) -> None:
    service = FakeService(answers=[(200, {})])
    result = await handrail("complete", EXECUTION, "14", *options, url=await serving(service))
    _, path, _, sent = service.requests[0]
    assert result.exit_code == 0
    assert path == f"/v1/executions/{EXECUTION}/tasks/14/{outcome}"
    assert sent == body


@pytest.mark.parametrize(
    "options", [["--output", "1", "--error", "E"], [], ["--cause", "c"], ["--output", ""]]
)
async def test_a_task_is_settled_only_by_saying_how(options: list[str], serving: Serving) -> None:
    service = FakeService(answers=[])
    result = await handrail("complete", EXECUTION, "14", *options, url=await serving(service))
    assert result.exit_code == 2
    assert "--output" in result.stderr
    assert service.requests == []


def raising(error: BaseException) -> click.Group:
    class One(CommandLine):
        def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
            def fail() -> None:
                raise error

            return click.Command(cmd_name, callback=fail)

    return One(commands_in={"fail": ("none", "")})


@pytest.mark.parametrize(
    ("error", "exit_code", "stderr"),
    [
        (KeyboardInterrupt(), 130, ""),
        (ExecutionNotFound("No such one."), 2, "Error: No such one.\n"),
        (Throttled("Too much."), 3, "Error: Too much.\n"),
    ],
)
def test_errors_end_in_one_line_and_a_code(
    error: BaseException, exit_code: int, stderr: str
) -> None:
    result = CliRunner().invoke(raising(error), ["fail"])
    assert (result.exit_code, result.stderr) == (exit_code, stderr)


@pytest.mark.parametrize("name", main.list_commands(click.Context(main)))
def test_every_command_the_help_names_is_there(name: str) -> None:
    result = CliRunner().invoke(main, [name, "--help"])
    assert (result.exit_code, result.output.startswith("Usage:")) == (0, True)


@pytest.fixture
def imported() -> Callable[[str], set[str]]:
    """What modules a fresh interpreter has after running some code."""

    def run(code: str) -> set[str]:
        script = f"{code}\nimport sys; print(*sys.modules)"
        command = [sys.executable, "-c", script]
        return set(
            subprocess.run(  # noqa: S603 - our own interpreter and script
                command, capture_output=True, text=True, check=True
            ).stdout.split()
        )

    return run


def test_help_imports_nothing_heavy(imported: Callable[[str], set[str]]) -> None:
    modules = imported("from service.cli import main; main(['--help'], standalone_mode=False)")
    assert "service.cli" in modules
    assert modules.isdisjoint({"aiohttp", "rich", "quart", "aioboto3", "pydantic", "moto"})


@pytest.mark.parametrize(
    ("args", "module"),
    [
        (["worker", "nowhere:worker"], "service.entrypoints.worker"),
        (["deploy"], "service.entrypoints.deploy"),
    ],
)
def test_worker_and_deploy_load_no_server(
    args: list[str],
    module: str,
    imported: Callable[[str], set[str]],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("HANDRAIL_STATE_MACHINES_DIR", str(tmp_path / "nowhere"))
    modules = imported(
        "import click, contextlib\n"
        "from service.cli import main\n"
        "with contextlib.suppress(click.ClickException):\n"
        f"    main({args}, standalone_mode=False)"
    )
    assert module in modules
    assert modules.isdisjoint({"quart", "hypercorn", "service.usecases.live", "service.auth"})
