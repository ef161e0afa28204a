"""`handrail worker` beside `handrail dev`: workers that work, are stopped, and are killed."""

import asyncio
import json
import re
import signal
import subprocess
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.server.free_port import free_port

from .processes import Process, log_lines, outcome

DEADLINE_S = 30
JOBS = "tests/e2e/jobs.py"
AGAIN = {"IntervalSeconds": 1, "MaxAttempts": 3, "BackoffRate": 1}


def machine(activity: str, *, heartbeat_s: int = 2) -> dict[str, Any]:
    """One task of the activity."""
    errors = ["States.HeartbeatTimeout", "States.Timeout", "Worker.Stopped"]
    state = {
        "Type": "Task",
        "Resource": f"arn:aws:states:${{REGION}}:${{ACCOUNT_ID}}:activity:{activity}",
        "HeartbeatSeconds": heartbeat_s,
        "TimeoutSeconds": 60,
        "Retry": [{"ErrorEquals": errors, **AGAIN}],
        "End": True,
    }
    return {"StartAt": "Work", "States": {"Work": state}}


@pytest.fixture(scope="module")
def machines(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("machines")
    jobs = "jobs-${ENVIRONMENT}"
    made = {"jobs": (jobs, 2), "plain": ("plain-jobs", 2), "patient": (jobs, 59)}
    for name, (activity, heartbeat_s) in made.items():
        (root / name).mkdir()
        definition = machine(activity, heartbeat_s=heartbeat_s)
        (root / name / "definition.asl.json").write_text(json.dumps(definition))
        metadata = {"name": name, "activities": [activity]}
        (root / name / "machine.json").write_text(json.dumps(metadata))
    return root


class Laptop:
    """`handrail dev`, and workers on its engine."""

    def __init__(self, dev: Process, engine_url: str) -> None:
        self.dev = dev
        self.engine_url = engine_url

    def worker(self, name: str, *options: str, of: str = "worker") -> "WorkerProcess":
        variables: dict[str, str | None] = {
            "AWS_ENDPOINT_URL_SFN": self.engine_url,
            "HANDRAIL_LOG_FORMAT": "json",
        }
        return WorkerProcess(["worker", f"{JOBS}:{of}", "--name", name, *options], variables)

    async def start(self, job: Any, *, machine: str = "patient") -> str:
        """A new execution's id. Its task isn't lost where the machine is busy."""
        answer = await self._ask("POST", f"/v1/state-machines/{machine}/executions", {"input": job})
        return str(answer["execution"])

    async def snapshot(self, execution: str) -> Any:
        return await self._ask("GET", f"/v1/executions/{execution}")

    async def ended(self, execution: str) -> Any:
        """As its history tells it: a list may show that it succeeded before its output is known."""

        def over(found: Any) -> bool:
            ended = bool(found["status"] != "RUNNING")
            return ended and (found["status"] != "SUCCEEDED" or found["output"] is not None)

        return await self._until(execution, over)

    async def waiting(self, execution: str) -> Any:
        return await self._until(execution, lambda found: bool(found["tasks"]))

    async def stop(self, execution: str) -> None:
        await self._ask("POST", f"/v1/executions/{execution}/stop", {})

    async def events(self, execution: str, kind: str) -> list[Any]:
        """The events of the type, once there is one."""
        path = f"/v1/executions/{execution}/events?limit=1000"
        async with asyncio.timeout(DEADLINE_S):
            while True:
                events = (await self._ask("GET", path))["events"]
                if found := [each for each in events if each["type"] == kind]:
                    return found
                await asyncio.sleep(0.02)

    async def begun(self, executions: list[str]) -> int:
        """How many of these a worker has taken."""
        paths = [f"/v1/executions/{execution}/events?limit=1000" for execution in executions]
        shown = await asyncio.gather(*(self._ask("GET", path) for path in paths))
        return sum(any(e["type"] == "ActivityStarted" for e in each["events"]) for each in shown)

    async def _until(self, execution: str, reached: Any) -> Any:
        async with asyncio.timeout(DEADLINE_S):
            while not reached(found := await self.snapshot(execution)):  # noqa: ASYNC110 it is asked
                await asyncio.sleep(0.02)
            return found

    async def _ask(self, method: str, path: str, body: Any = None) -> Any:
        async with (
            aiohttp.ClientSession(self.dev.url) as http,
            http.request(method, path, json=body) as answer,
        ):
            shown = await answer.json()
            assert answer.status < 300, shown
            return shown


class WorkerProcess(Process):
    """A worker; it is up once it says so."""

    def _await_url(self) -> None:
        assert self.child.stdout is not None
        for line in self.child.stdout:
            if re.search(r" works on ", line):
                return
        raise AssertionError(f"it ended: {self.errors}")

    async def ends(self, number: signal.Signals) -> int:
        return await asyncio.to_thread(self.end, number)


@asynccontextmanager
async def up(process: WorkerProcess) -> AsyncIterator[WorkerProcess]:
    await asyncio.to_thread(process.__enter__)
    try:
        yield process
    finally:
        process.__exit__(None, None, None)


@pytest.fixture(scope="module")
def laptop(machines: Path) -> Iterator[Laptop]:
    port = free_port()
    variables: dict[str, str | None] = {"HANDRAIL_STATE_MACHINES_DIR": str(machines)}
    with Process(["dev", "--port", "0", "--engine-port", str(port)], variables) as dev:
        yield Laptop(dev, f"http://127.0.0.1:{port}")


async def test_a_task_without_a_worker_waits_as_its_activity(laptop: Laptop) -> None:
    execution = await laptop.start({}, machine="jobs")
    found = await laptop.waiting(execution)
    (task,) = found["tasks"]
    assert (task["resource"], task["state"]) == ("activity:jobs-dev", "Work")
    assert task["heartbeat_seconds"] == 2
    assert [state["status"] for state in found["states"]] == ["WAITING"]
    async with up(laptop.worker("ada")):
        ended = await laptop.ended(execution)
    assert (ended["status"], ended["output"]["worker"]) == ("SUCCEEDED", "ada")
    assert ended["tasks"] == []


async def test_a_killed_worker_s_task_goes_to_another(laptop: Laptop) -> None:
    execution = await laptop.start({"hangs": "doomed"}, machine="jobs")
    async with up(laptop.worker("doomed")) as doomed:
        await laptop.events(execution, "ActivityStarted")
        assert await doomed.ends(signal.SIGKILL) == -signal.SIGKILL
    async with up(laptop.worker("heir")):
        ended = await laptop.ended(execution)
    assert (ended["status"], ended["output"]["worker"]) == ("SUCCEEDED", "heir")
    timed_out = await laptop.events(execution, "ActivityTimedOut")
    assert len(await laptop.events(execution, "ActivityStarted")) == len(timed_out) + 1


async def test_two_workers_do_80_quick_tasks_once_each(laptop: Laptop, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    async with up(laptop.worker("one", "--pollers", "2")), up(laptop.worker("two")):
        jobs = [{"number": number, "trace": str(trace)} for number in range(80)]
        starts = (laptop.start(job) for job in jobs)
        executions = await asyncio.gather(*starts)
        async with asyncio.timeout(60):
            ended = [await laptop.ended(execution) for execution in executions]
    assert {each["status"] for each in ended} == {"SUCCEEDED"}
    assert Counter(lines(trace)) == Counter(f"{n} done" for n in range(80))
    shares = Counter(each["output"]["worker"] for each in ended)
    assert set(shares) == {"one", "two"}
    assert await laptop.events(executions[0], "ActivitySucceeded")


async def test_no_more_run_at_once_than_the_limit(laptop: Laptop, tmp_path: Path) -> None:
    (held := tmp_path / "held").touch()
    job = {"held": str(held)}
    executions = [await laptop.start(job) for _ in range(6)]
    async with up(laptop.worker("ada", "--concurrency", "2", "--pollers", "3")):
        async with asyncio.timeout(DEADLINE_S):
            while await laptop.begun(executions) < 2:  # noqa: ASYNC110 it is asked
                await asyncio.sleep(0.02)
        held.unlink()
        ended = [await laptop.ended(execution) for execution in executions]
    assert {each["output"]["at_once"] for each in ended} == {1, 2}


async def test_heartbeats_keep_a_long_task_and_a_stopped_execution_cancels_it(
    laptop: Laptop, tmp_path: Path
) -> None:
    trace = tmp_path / "trace"
    async with up(laptop.worker("ada", of="both")) as worker:
        long = await laptop.start({"for_s": 3}, machine="jobs")
        hanging = {"hangs": "ada", "trace": str(trace), "number": 1}
        doomed = await laptop.start(hanging, machine="jobs")
        plain = await laptop.start({"trace": str(trace), "number": 2}, machine="plain")
        assert (await laptop.ended(long))["status"] == "SUCCEEDED"
        for execution in (doomed, plain):
            await laptop.events(execution, "ActivityStarted")
            await laptop.stop(execution)
        async with asyncio.timeout(DEADLINE_S):
            while set(lines(trace)) != {"1 cancelled", "2 over"}:  # noqa: ASYNC110 others write it
                await asyncio.sleep(0.02)
        gone = [line for line in log_lines(worker.errors) if "gone" in line["event"]]
        assert {line["activity"] for line in gone} == {"jobs-dev", "plain-jobs"}


async def test_sigterm_finishes_what_is_held(laptop: Laptop, tmp_path: Path) -> None:
    (held := tmp_path / "held").touch()
    execution = await laptop.start({"held": str(held)})
    async with up(laptop.worker("ada", "--concurrency", "1", "--grace", "60")) as worker:
        await laptop.events(execution, "ActivityStarted")
        ending = asyncio.create_task(worker.ends(signal.SIGTERM))
        await stopping(worker)
        held.unlink()
        assert await ending == 0
        ended = await laptop.ended(execution)
        assert (ended["status"], ended["output"]["worker"]) == ("SUCCEEDED", "ada")
        assert [line for line in log_lines(worker.errors) if line["level"] != "info"] == []


@pytest.mark.parametrize("machine", ["patient", "plain"])
async def test_sigterm_hands_back_what_it_cannot_finish(laptop: Laptop, machine: str) -> None:
    execution = await laptop.start({"hangs": "leaver"}, machine=machine)
    async with up(laptop.worker("leaver", "--grace", "0.3", of="both")) as leaver:
        await laptop.events(execution, "ActivityStarted")
        assert await leaver.ends(signal.SIGTERM) == 0
    (failed,) = await laptop.events(execution, "ActivityFailed")
    assert failed["activity_failed_event_details"]["error"] == "Worker.Stopped"
    if machine == "patient":
        async with up(laptop.worker("heir")):
            assert (await laptop.ended(execution))["output"]["worker"] == "heir"
    else:
        await laptop.stop(execution)


async def test_a_poll_under_way_at_sigterm_loses_no_task(laptop: Laptop) -> None:
    async with up(laptop.worker("ada", "--grace", "20")) as worker:
        await laptop.ended(await laptop.start({}))  # so it polls, and by now again
        ending = asyncio.create_task(worker.ends(signal.SIGTERM))
        await stopping(worker)
        first, second = await laptop.start({}), await laptop.start({})
        assert (await laptop.ended(first))["output"]["worker"] == "ada"
        assert await ending == 0
    async with up(laptop.worker("heir")):
        assert (await laptop.ended(second))["output"]["worker"] == "heir"


async def test_ctrl_c_ends_an_idle_worker_within_its_grace(laptop: Laptop) -> None:
    async with up(laptop.worker("ada", "--grace", "0.5")) as worker:
        assert await worker.ends(signal.SIGINT) == 0


async def stopping(worker: WorkerProcess) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while "worker stops" not in worker.errors:  # noqa: ASYNC110 another process says so
            await asyncio.sleep(0.02)


def lines(trace: Path) -> list[str]:
    return trace.read_text(encoding="utf-8").splitlines() if trace.exists() else []


def run(laptop: Laptop, *arguments: str) -> subprocess.CompletedProcess[str]:
    return outcome("worker", *arguments, AWS_ENDPOINT_URL_SFN=laptop.engine_url)


def test_an_activity_that_is_not_there_is_one_line_and_exit_2(
    laptop: Laptop, tmp_path: Path
) -> None:
    file = tmp_path / "lost.py"
    file.write_text(
        "from handrail.worker import Worker\nworker = Worker()\n"
        "worker.activity('nowhere')(lambda input: None)\n"
    )
    result = run(laptop, f"{file}:worker")
    assert (result.returncode, result.stdout) == (2, "")
    assert len(result.stderr.splitlines()) == 1
    assert "There is no activity nowhere" in result.stderr


def test_an_endpoint_that_is_not_there_is_exit_3(laptop: Laptop) -> None:
    away = Laptop(laptop.dev, f"http://127.0.0.1:{free_port()}")
    result = run(away, f"{JOBS}:worker")
    assert (result.returncode, result.stdout) == (3, "")


async def test_what_is_missing_is_created_where_that_is_asked(laptop: Laptop) -> None:
    async with up(laptop.worker("ada", "--create", "--grace", "0")) as worker:
        assert await worker.ends(signal.SIGTERM) == 0
