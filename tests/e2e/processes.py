"""`handrail` as a process of its own, the way an operator runs it."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "handrail"]
QUICK = {
    "AWS_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "made-up",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "PYTHONWARNINGS": "error",
    "PYTHONUNBUFFERED": "1",
}
START_S = 40.0
END_S = 20.0


def environment(**variables: str | None) -> dict[str, str]:
    """This process's own without AWS's and ours; None takes one of the quick ones away."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "HANDRAIL_"))}
    chosen: dict[str, str | None] = {**kept, **QUICK, **variables}
    return {name: value for name, value in chosen.items() if value is not None}


@dataclass(slots=True)
class Process:
    """A running `handrail`; `url` is known once it serves. Killed at the end where it still is."""

    arguments: list[str]
    variables: dict[str, str | None]
    url: str = ""
    _child: subprocess.Popen[str] | None = None
    _errors: IO[str] = field(default_factory=partial(tempfile.TemporaryFile, "w+"))

    def __enter__(self) -> Self:
        self._child = subprocess.Popen(  # noqa: S603 our own command
            [*COMMAND, *self.arguments],
            cwd=ROOT,
            env=environment(**self.variables),
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )
        too_late = threading.Timer(START_S, self._child.kill)
        too_late.start()
        try:
            self._await_url()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        finally:
            too_late.cancel()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.child.kill()
        self.child.wait()
        assert self.child.stdout is not None
        self.child.stdout.close()
        self._errors.close()

    @property
    def child(self) -> subprocess.Popen[str]:
        assert self._child is not None
        return self._child

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    @property
    def errors(self) -> str:
        """What stands on stderr so far. The process writes where the file's position is, so that
        stays where it is."""
        number = self._errors.fileno()
        return os.pread(number, os.fstat(number).st_size, 0).decode(errors="replace")

    def end(self, number: signal.Signals) -> int:
        """Send the signal; its exit code. A test that wants to see something not waited for makes
        that longer than END_S: how long an end takes says more of the machine than of us."""
        self.child.send_signal(number)
        return self.child.wait(END_S)

    def _await_url(self) -> None:
        assert self.child.stdout is not None
        for line in self.child.stdout:
            if found := re.search(r"serves (http://\S+)", line):
                self.url = found[1]
                return
        raise AssertionError(f"it ended: {self.errors}")


@contextmanager
def serving(endpoint_url: str, *arguments: str, **variables: str | None) -> Iterator[Process]:
    """`handrail serve` in front of this endpoint."""
    chosen = {
        "AWS_ENDPOINT_URL_SFN": endpoint_url,
        "HANDRAIL_LIVE_POLL_MIN_S": "0.05",
        "HANDRAIL_LIVE_POLL_MAX_S": "0.2",
        "HANDRAIL_LIVE_READS_PER_S": "1000",
        "HANDRAIL_LOG_FORMAT": "json",
        **variables,
    }
    with Process(["serve", *(arguments or ("--port", "0"))], chosen) as process:
        yield process


def outcome(*arguments: str, **variables: str | None) -> subprocess.CompletedProcess[str]:
    """A command that is to end by itself."""
    return subprocess.run(  # noqa: S603 our own command
        [*COMMAND, *arguments],
        cwd=ROOT,
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=START_S,
        check=False,
    )


def log_lines(text: str) -> list[dict[str, Any]]:
    """Every line of stderr, each a JSON object; a traceback or a warning is none."""
    return [json.loads(line) for line in text.splitlines()]
