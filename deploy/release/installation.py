"""Installs the wheel into an environment of its own and uses it as its user would: in a folder that
has nothing of this project. What the package forgot to bring along shows there."""

import json
import os
import re
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from handrail import __version__

from .distributions import PROJECT, Distributions, ReleaseError, run

READY_S = 60.0
ENDING_S = 20.0
SERVES = re.compile(r"Handrail serves (\S+)")
ENGINE = re.compile(r"engine +(\S+)")
LOADED = re.compile(r'(?:src|href)="(/?static/[^"]+)"')
ACTIVITY = {
    "StartAt": "Count",
    "States": {"Count": {"Type": "Task", "Resource": "${CountActivityArn}", "End": True}},
}
ACTIVITY_ARN = "arn:${PARTITION}:states:${REGION}:${ACCOUNT_ID}:activity:count"
MACHINE = {
    "name": "count",
    "type": "STANDARD",
    "substitutions": {"CountActivityArn": ACTIVITY_ARN},
    "activities": ["count"],
}
WORKER = """from handrail.worker import Worker

worker = Worker()


@worker.activity("count")
async def count(words):
    return len(words)
"""


@dataclass(frozen=True, slots=True)
class Installation:
    """`programs` is the environment's, `folder` where they run."""

    programs: Path
    folder: Path

    def handrail(self, *arguments: str, **variables: str) -> str:
        """What the command prints. Raises ReleaseError where it fails."""
        command = [str(self.programs / "handrail"), *arguments]
        ended = subprocess.run(  # noqa: S603 our own
            command,
            cwd=self.folder,
            env=environment(**variables),
            capture_output=True,
            text=True,
            check=False,
        )
        if ended.returncode != 0:
            told = f"{ended.stdout}\n{ended.stderr}"
            raise ReleaseError(f"handrail {' '.join(arguments)}: {ended.returncode}\n{told}")
        return ended.stdout

    def start(self, url: str, machine: str, input: Any) -> Any:
        """The last message about an execution, once it has ended. Raises ReleaseError."""
        asked = (machine, "--input", json.dumps(input), "--watch", "--json", "--url", url)
        return json.loads(self.handrail("start", *asked).splitlines()[-1])

    @contextmanager
    def running(self, *arguments: str, until: re.Pattern[str], **variables: str) -> Iterator[str]:
        """What it has printed once that matches. Raises ReleaseError where it never does, or where
        it doesn't end by SIGTERM with exit code 0."""
        log = self.folder / f"{arguments[0]}.log"
        with log.open("w") as written:
            child = subprocess.Popen(  # noqa: S603 our own
                [str(self.programs / "handrail"), *arguments],
                cwd=self.folder,
                env=environment(**variables),
                stdout=written,
                stderr=subprocess.STDOUT,
            )
        try:
            yield _said(child, log, until)
            child.terminate()
            if (code := _ended(child)) != 0:
                raise ReleaseError(f"handrail {arguments[0]} ended with {code}: {log.read_text()}")
        finally:
            child.kill()
            child.wait()


def install(tools: Path, made: Distributions, folder: Path) -> Installation:
    """Raises CalledProcessError."""
    place = folder / "environment"
    run(tools / "uv", "venv", "-q", "--clear", "--python", tools / "python", place)
    pip = (tools / "uv", "pip", "install", "-q", "--python", place, "--no-deps")
    run(*pip, "--require-hashes", "-r", PROJECT / "requirements" / "local.lock")
    run(*pip, made.wheel)
    project = folder / "project"
    project.mkdir()
    return Installation(place / "bin", project)


def environment(**variables: str) -> dict[str, str]:
    """This process's without what leads to the project, to AWS or to other settings."""
    ours = ("AWS_", "HANDRAIL_", "PYTHON", "VIRTUAL_ENV")
    kept = {name: text for name, text in os.environ.items() if not name.startswith(ours)}
    return {**kept, "PYTHONUNBUFFERED": "1", **variables}


def use(installed: Installation) -> Iterator[str]:
    """Does what a user does, and tells each thing that was done. Raises ReleaseError."""
    expect(__version__ in installed.handrail("--version"), "handrail --version tells another")
    yield "handrail --version"
    installed.handrail("init")
    expect("passed" in installed.handrail("test"), "handrail test ran no case")
    yield "handrail init, handrail test"
    made_activity(installed.folder)
    with installed.running("dev", "--port", "0", until=re.compile("Ctrl-C ends it")) as greeting:
        url, engine = found(SERVES, greeting), found(ENGINE, greeting)
        yield f"handrail dev: {loaded(url)} files of the page, and its documents"
        ended = installed.start(url, "hello", {"name": "Ada"})
        expect(ended["output"] == {"greeting": "Hello, Ada!"}, f"a start ended so: {ended}")
        yield "a start, and its handler"
        aws = {"AWS_ENDPOINT_URL": engine, "AWS_REGION": "us-east-1"}
        keys = {"AWS_ACCESS_KEY_ID": "handrail", "AWS_SECRET_ACCESS_KEY": "handrail"}
        worker = ("worker", "tally.py:worker", "--grace", "1")
        with installed.running(*worker, until=re.compile("."), **aws, **keys):
            ended = installed.start(url, "count", ["one", "two"])
        expect(ended["output"] == 2, f"the worker's execution ended so: {ended}")
        yield "handrail worker"


def made_activity(folder: Path) -> None:
    """A state machine with an activity beside the first one, and a worker."""
    count = folder / "state_machines" / "count"
    count.mkdir()
    (count / "definition.asl.json").write_text(json.dumps(ACTIVITY))
    (count / "machine.json").write_text(json.dumps(MACHINE))
    (folder / "tally.py").write_text(WORKER)


def loaded(url: str) -> int:
    """How many files the page and its documents load, all of them there. Raises ReleaseError."""
    pages = [read(f"{url}/"), read(f"{url}/docs")]
    files = {name.lstrip("/") for page in pages for name in LOADED.findall(page)}
    for name in sorted(files | {"openapi.json", "asyncapi.json"}):
        expect(bool(read(f"{url}/{name}")), f"{name} is empty")
    expect(len(files) > 1, f"the page loads {sorted(files)}")
    return len(files)


def read(url: str) -> str:
    """Raises ReleaseError."""
    try:
        with urllib.request.urlopen(url, timeout=READY_S) as answer:  # noqa: S310 our own
            return str(answer.read(), "utf-8", "replace")
    except OSError as error:
        raise ReleaseError(f"{url}: {error}") from error


def expect(holds: bool, otherwise: str) -> None:
    """Raises ReleaseError."""
    if not holds:
        raise ReleaseError(otherwise)


def found(pattern: re.Pattern[str], text: str) -> str:
    """Raises ReleaseError."""
    if (match := pattern.search(text)) is None:
        raise ReleaseError(f"{pattern.pattern} isn't in: {text}")
    return match[1]


def _said(child: "subprocess.Popen[bytes]", log: Path, until: re.Pattern[str]) -> str:
    ends_at = time.monotonic() + READY_S
    while not until.search(text := log.read_text()):
        if child.poll() is not None or time.monotonic() > ends_at:
            raise ReleaseError(f"It said no {until.pattern}: {text}")
        time.sleep(0.05)
    return text


def _ended(child: "subprocess.Popen[bytes]") -> int | None:
    """None where it goes on."""
    try:
        return child.wait(ENDING_S)
    except subprocess.TimeoutExpired:
        return None
