"""`handrail dev`, `lint` and `deploy` over folders some of which are broken: the rest works."""

import asyncio
import json
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from .processes import Process, outcome

GOOD = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
POEM = {"StartAt": "A", "States": {"A": {"Type": "Poem", "End": True}}}
INNER = {
    "StartAt": "Pay",
    "States": {
        "Pay": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "End": True}
    },
}
BEYOND = {
    "StartAt": "Fan",
    "States": {"Fan": {"Type": "Parallel", "Branches": [INNER], "Next": "Unheard"}}
    | {"Unheard": {"Type": "Fail", "Error": "{% 'unheard' %}"}},
}
"""A JSONPath state's text that looks like JSONata, which moto's grammar refuses."""


def folder(root: Path, name: str, definition: Any, **machine: Any) -> None:
    (root / name).mkdir()
    text = definition if isinstance(definition, str) else json.dumps(definition)
    (root / name / "definition.asl.json").write_text(text)
    (root / name / "machine.json").write_text(json.dumps({"name": name, **machine}))


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("state_machines")
    folder(root, "good", GOOD)
    folder(root, "poem", POEM)
    folder(root, "beyond", BEYOND)
    folder(root, "yaml", "StartAt: A")
    folder(root, "broken-handler", GOOD, handlers={"f": "handlers.py:f"})
    (root / "broken-handler" / "handlers.py").write_text("def f(:")
    folder(root, "odd-queue", GOOD, queues=["no queue"])
    (root / "empty").mkdir()
    return root


@pytest.fixture(scope="module")
def dev(folders: Path) -> Iterator[Process]:
    variables: dict[str, str | None] = {"HANDRAIL_STATE_MACHINES_DIR": str(folders)}
    with Process(["dev", "--port", "0"], variables) as process:
        yield process


async def test_dev_serves_the_rest_and_the_catalogue_tells_what_is_left_out(
    dev: Process,
) -> None:
    async with aiohttp.ClientSession(dev.url) as http:
        async with http.get("/v1/state-machines") as answer:
            body = await answer.json()
        path = "/v1/state-machines/good/executions?wait=20"
        async with http.post(path, json={"input": {}}) as answer:
            assert (await answer.json())["status"] == "SUCCEEDED"
        async with http.get("/v1/state-machines/poem") as answer:
            assert answer.status == 404
            assert "Poem" in (await answer.json(content_type=None))["detail"]
    assert [machine["name"] for machine in body["state_machines"]] == ["good"]
    told = {problem["folder"]: problem for problem in body["problems"]}
    assert {name: problem["state"] for name, problem in told.items()} == {
        "poem": "A",
        "beyond": "Unheard",
        "yaml": None,
        "broken-handler": None,
        "odd-queue": None,
        "empty": None,
    }
    assert "Unheard" in told["beyond"]["reason"]
    assert "SyntaxError" in told["broken-handler"]["reason"]


async def test_dev_names_each_as_it_starts_and_deploy_does_what_it_can(
    dev: Process, folders: Path
) -> None:
    said = _said(dev)
    left_out = [line for line in said if line.startswith("  left out ")]
    assert len(left_out) == 6
    assert any(f"{folders}/poem: A: " in line for line in left_out)
    (engine,) = (found[0] for line in said if (found := re.findall(r"engine +(\S+)", line)))
    deployed = await asyncio.to_thread(
        outcome,
        "deploy",
        "--role-arn",
        "arn:aws:iam::123456789012:role/machines",
        AWS_ENDPOINT_URL=engine,
        HANDRAIL_STATE_MACHINES_DIR=str(folders),
    )
    assert deployed.returncode == 1
    assert deployed.stdout.splitlines() == [
        "broken-handler: created",
        "good: updated",
        "odd-queue: created",
    ]
    refused = deployed.stderr.splitlines()
    assert [Path(line.partition(": ")[0]).name for line in refused] == [
        "empty",
        "yaml",
        "beyond",
        "poem",
    ]


async def test_what_is_mended_is_served_without_starting_again(dev: Process, folders: Path) -> None:
    lambda_task = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": True}
    parameters = {"FunctionName": "f", "Payload.$": "$"}
    definition = {"StartAt": "A", "States": {"A": {**lambda_task, "Parameters": parameters}}}
    mended = folders / "broken-handler"
    (mended / "definition.asl.json").write_text(json.dumps(definition))
    (mended / "handlers.py").write_text("def f(event):\n    raise LookupError(event['x'])\n")
    path = "/v1/state-machines/broken-handler/executions?wait=20"
    async with aiohttp.ClientSession(dev.url) as http, asyncio.timeout(20):
        while True:
            async with http.post(path, json={"input": {"x": "the reason"}}) as answer:
                found = await answer.json(content_type=None)
            if found["status"] == "FAILED":  # `deploy` has put the old definition there
                break
            await asyncio.sleep(0.1)
    assert found["error"] == "LookupError"
    shown = dev.errors.splitlines()
    assert shown[0] == "f failed."
    assert shown[2] == f'  File "{mended}/handlers.py", line 2, in f'
    assert shown[-1] == "LookupError: the reason"


async def test_lint_shows_what_only_the_engine_refuses_as_a_warning(folders: Path) -> None:
    found = await asyncio.to_thread(outcome, "lint", "--json", str(folders / "beyond"))
    first = json.loads(found.stdout.splitlines()[0])
    assert (found.returncode, first["code"]) == (0, "not-on-the-engine")
    assert (first["severity"], first["state"]) == ("warning", "Unheard")


async def test_dev_ends_as_ever(folders: Path) -> None:
    variables: dict[str, str | None] = {"HANDRAIL_STATE_MACHINES_DIR": str(folders)}
    with Process(["dev", "--port", "0"], variables) as process:
        exit_code = await asyncio.to_thread(process.end, signal.SIGINT)
        assert (exit_code, process.errors) == (0, "")


def _said(process: Process) -> list[str]:
    """The lines after the first, up to the last of its greeting."""
    assert process.child.stdout is not None
    lines: list[str] = []
    while "Ctrl-C" not in (line := process.child.stdout.readline()):
        lines.append(line)
    return lines
