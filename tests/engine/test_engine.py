import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from service.engine import Engine, EngineError, embedded_engine
from service.engine.step_functions.request_rules import PageTokens

from .engine_fixture import ROOT

PROGRAM = """
import asyncio, sys, urllib.request, json
from pathlib import Path
from service.engine import embedded_engine

def call(engine, operation, body):
    headers = {"X-Amz-Target": "AWSStepFunctions." + operation}
    request = urllib.request.Request(engine.endpoint_url, json.dumps(body).encode(), headers)
    return json.load(urllib.request.urlopen(request))

def start(engine):
    lambda_arn = "arn:aws:lambda:us-east-1:123456789012:function:block"
    for number, state in enumerate((
        {"Type": "Wait", "Seconds": 600, "End": True},
        {"Type": "Task", "Resource": lambda_arn, "End": True},
    )):
        machine = call(engine, "CreateStateMachine", {
            "name": f"m{number}",
            "roleArn": "arn:aws:iam::123456789012:role/engine",
            "definition": json.dumps({"StartAt": "A", "States": {"A": state}}),
        })
        call(engine, "StartExecution", {"stateMachineArn": machine["stateMachineArn"]})

async def main():
    async with embedded_engine(Path(sys.argv[1])) as engine:
        await asyncio.to_thread(start, engine)
        print("ready", flush=True)
        while True:  # a signal that comes just before the loop sleeps is seen once it wakes
            await asyncio.sleep(0.05)

try:
    asyncio.run(main())
except KeyboardInterrupt:
    pass
"""


async def test_a_taken_port_is_one_clear_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(EngineError, match=rf"127\.0\.0\.1:{port}: Address already in use"):
            async with embedded_engine(Path("nowhere"), port=port):
                pytest.fail("the engine started")


async def test_a_broken_machine_json_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "definition.asl.json").write_text("{}")
    (tmp_path / "one" / "machine.json").write_text('{"name": "one",\n oops}')
    with pytest.raises(EngineError, match=r"one/machine.json:2:2: is not JSON"):
        async with embedded_engine(tmp_path):
            pytest.fail("the engine started")


@pytest.mark.asyncio(loop_scope="session")
async def test_a_second_engine_is_refused(engine: Engine) -> None:
    with pytest.raises(EngineError, match="in this process already"):
        async with embedded_engine(Path("nowhere")):
            pytest.fail("the engine started")


@pytest.mark.asyncio(loop_scope="session")
async def test_the_engine_says_where_it_is(engine: Engine) -> None:
    assert engine.endpoint_url.startswith("http://127.0.0.1:")
    assert (engine.region, engine.account_id) == ("us-east-1", "123456789012")


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT")
def test_ctrl_c_ends_it_silently_whatever_is_running(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "definition.asl.json").write_text("{}")
    metadata = {"name": "one", "handlers": {"block": "handlers.py:block"}}
    (tmp_path / "one" / "machine.json").write_text(json.dumps(metadata))
    (tmp_path / "one" / "handlers.py").write_text(
        "import time\ndef block(event):\n    time.sleep(600)\n"
    )
    process = subprocess.Popen(  # noqa: S603 our own interpreter and program
        [sys.executable, "-W", "error", "-c", PROGRAM, str(tmp_path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        asked = time.monotonic()
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=20)
    assert (output, errors, process.returncode) == ("", "", 0)
    assert time.monotonic() - asked < 2


def test_page_tokens_are_bound_to_the_engine_that_gave_them() -> None:
    tokens, scope, letters = PageTokens(), ["executions", "arn"], [(1, "a"), (2, "b"), (3, "c")]
    items, more = tokens.page({"maxResults": 2}, scope, letters, str.upper)
    assert items == ["A", "B"]
    assert tokens.page(more, scope, letters, str.upper) == (["C"], {})
    with pytest.raises(Exception, match="Invalid token"):
        PageTokens().page(more, scope, letters, str.upper)
