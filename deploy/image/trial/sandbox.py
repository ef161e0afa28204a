"""The image's root file system, mounted read-only, and commands in it as its user.

Inside a mount namespace and a network namespace of our own: nothing is left behind.
"""

import fcntl
import socket
import struct
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

ENTER = Path(__file__).with_name("enter.py")
_SET_INTERFACE_FLAGS = 0x8914  # ioctl SIOCSIFFLAGS, netdevice(7)
_UP_AND_RUNNING = 0x1 | 0x40


@dataclass(frozen=True, slots=True)
class Sandbox:
    """The image as a container engine would see it. `environment` is the image's own."""

    root: Path
    user: str
    folder: str
    start: tuple[str, ...]
    healthcheck: tuple[str, ...]
    environment: Mapping[str, str]

    @classmethod
    def of(cls, root: Path, configuration: Mapping[str, Any]) -> Self:
        """By Docker's config object. Health checks and commands are in exec form."""
        return cls(
            root=root,
            user=configuration["User"],
            folder=configuration["WorkingDir"],
            start=(*configuration["Entrypoint"], *configuration["Cmd"]),
            healthcheck=tuple(configuration["Healthcheck"]["Test"][1:]),
            environment=dict(item.split("=", 1) for item in configuration["Env"]),
        )

    def prepare(self) -> None:
        """Mount what every container has, then close the root to writers. Raises
        CalledProcessError where this user may not."""
        loopback_up()
        mount("--bind", self.root, self.root)
        mount("--bind", "/dev", self.root / "dev")
        mount("-o", "remount,bind,ro", self.root / "dev")
        mount("-t", "proc", "-o", "ro", "proc", self.root / "proc")
        mount("-o", "remount,bind,ro", self.root)

    def command(self, *command: str) -> list[str]:
        """What runs `command` inside; no shell on either side."""
        entering = [sys.executable, "-I", str(ENTER)]
        return [*entering, str(self.root), self.user, self.folder, *command]

    def ask(
        self, command: Sequence[str], *, variables: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """A command that is to end by itself."""
        return subprocess.run(  # noqa: S603 what the image says
            self.command(*command),
            env={**self.environment, **(variables or {})},
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )


def mount(*arguments: str | Path) -> None:
    subprocess.run(["mount", *map(str, arguments)], check=True)  # noqa: S603, S607


def loopback_up() -> None:
    """A new network namespace has a loopback interface, and it is down."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sh14x", b"lo", _UP_AND_RUNNING)
        fcntl.ioctl(any_socket, _SET_INTERFACE_FLAGS, request)
