"""An engine starts and ends, once a process; one that can't start says why in one line."""

import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from handrail.engine.engine import Engine, embedded_engine
from handrail.engine.errors import EngineError

from .engine_fixture import ROOT

PROGRAM = """
import asyncio, sys, urllib.request, json
from pathlib import Path
from handrail.engine.engine import embedded_engine
from handrail.engine.errors import EngineError

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
    async with embedded_engine(Path(sys.argv[1]), port=int(sys.argv[2])) as engine:
        await asyncio.to_thread(start, engine)
        print("ready", flush=True)
        while True:  # a signal that comes just before the loop sleeps is seen once it wakes
            await asyncio.sleep(0.05)

try:
    asyncio.run(main())
except KeyboardInterrupt:
    pass
except EngineError as error:
    sys.exit(str(error))
"""


def in_a_process(machines_dir: Path, port: int = 0) -> subprocess.Popen[str]:
    """PROGRAM with an engine of its own: the tests' process may run the session's already."""
    return subprocess.Popen(  # noqa: S603 our own interpreter and program
        [sys.executable, "-W", "error", "-c", PROGRAM, str(machines_dir), str(port)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_taken_port_is_one_clear_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with in_a_process(Path("nowhere"), port) as process:
            output, errors = process.communicate(timeout=20)
    assert (output, process.returncode) == ("", 1)
    assert errors == f"The engine can't listen on 127.0.0.1:{port}: Address already in use.\n"


def test_a_broken_machine_json_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "definition.asl.json").write_text("{}")
    (tmp_path / "one" / "machine.json").write_text('{"name": "one",\n oops}')
    with in_a_process(tmp_path) as process:
        output, errors = process.communicate(timeout=20)
    assert (output, process.returncode) == ("", 1)
    assert "one/machine.json:2:2: is not JSON" in errors
    assert errors.count("\n") == 1


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
    with in_a_process(tmp_path) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        asked = time.monotonic()
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=20)
    assert (output, errors, process.returncode) == ("", "", 0)
    assert time.monotonic() - asked < 5, "it waited for what runs"
