"""Runs MiniStack, and the AWS command line against it, both of the environment in `folder`."""

import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from deploy.image.build import PROJECT
from deploy.image.trial.findings import expect

ACCOUNT = "111122223333"
REGION = "eu-west-1"
START_S = 60


@dataclass(frozen=True, slots=True)
class Emulator:
    """`variables` are for whoever speaks to it."""

    bin: Path
    variables: Mapping[str, str]

    def aws(self, *arguments: str) -> str:
        """What `aws …` prints. Raises CheckFailed with what it says is wrong."""
        done = subprocess.run(  # noqa: S603 ours
            [str(self.bin / "aws"), *arguments],
            cwd=PROJECT,
            env=self.variables,
            capture_output=True,
            text=True,
            check=False,
        )
        expect(done.returncode == 0, f"aws {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout.strip()


@contextmanager
def emulated(folder: Path) -> Iterator[Emulator]:
    """On a port of this machine alone, until left. Raises TimeoutError where it doesn't come up."""
    port = free_port()
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "HANDRAIL_"))}
    variables = {
        **kept,
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": ACCOUNT,  # by which MiniStack knows the account
        "AWS_SECRET_ACCESS_KEY": "made-up",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_PAGER": "",
        "PATH": f"{folder / 'bin'}{os.pathsep}{kept['PATH']}",
    }
    own = {"GATEWAY_PORT": str(port), "BIND_HOST": "127.0.0.1", "MINISTACK_REGION": REGION}
    with tempfile.TemporaryFile() as log:
        running = subprocess.Popen(  # noqa: S603 ours
            [str(folder / "bin" / "ministack")], env={**variables, **own}, stdout=log, stderr=log
        )
        try:
            wait_for(f"http://127.0.0.1:{port}/_ministack/health")
            yield Emulator(folder / "bin", variables)
        finally:
            running.terminate()
            running.wait(30)


def wait_for(url: str) -> None:
    """Until it answers. Raises TimeoutError."""
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        try:
            with urlopen(url, timeout=5):  # noqa: S310 http
                return
        except (URLError, ConnectionError):
            time.sleep(0.2)
    raise TimeoutError(f"{url} doesn't answer.")


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
