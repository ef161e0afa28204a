"""The code in README.md and docs/, and a clean copy of the project to run it in."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from .processes import ROOT, environment

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block that says its language. `name` is its document and its first line."""

    document: str
    language: str
    text: str

    @property
    def name(self) -> str:
        return f"{self.document}: {self.text.splitlines()[0][:40].rstrip()}"

    @property
    def commands(self) -> str:
        """What is typed: all of a script; of a session at a console what stands behind `$`, and
        lines that go on a string."""
        if self.language == "sh":
            return self.text
        typed: list[str] = []
        for line in self.text.splitlines():
            if line.startswith("$ "):
                typed.append(line[2:])
            elif typed and "\n".join(typed).count("'") % 2:
                typed.append(line)
        return "\n".join(typed)


def blocks() -> list[Block]:
    files = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    return [
        Block(str(file.relative_to(ROOT)), *found)
        for file in files
        for found in BLOCK.findall(file.read_text(encoding="utf-8"))
    ]


@dataclass(frozen=True, slots=True)
class Clone:
    """A copy of what is committed or about to be, with nothing built in it; its `.venv` is ours.
    The service listens on `port`, its engine on the other; `notify` says whom it tells news."""

    folder: Path
    port: int = 8000
    engine_port: int = 4566
    notify: str = ""

    @property
    def engine_url(self) -> str:
        return f"http://127.0.0.1:{self.engine_port}"

    @classmethod
    def make(cls, folder: Path) -> "Clone":
        listed = subprocess.run(
            ["git", "ls-files", "-coz", "--exclude-standard"],  # noqa: S607
            cwd=ROOT,
            capture_output=True,
            check=True,
        )
        for name in filter(None, listed.stdout.decode().split("\0")):
            if (ROOT / name).exists():  # one that is deleted is listed until it is committed
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, folder / name, follow_symlinks=False)
        (folder / ".venv").symlink_to(sys.prefix)
        return cls(folder)

    def environment(self, **variables: str | None) -> dict[str, str]:
        path = os.pathsep.join([str(Path(sys.prefix) / "bin"), os.environ["PATH"]])
        own = {"PATH": path, "PYTHONPATH": str(self.folder), "PYTHONWARNINGS": None}
        return environment(**own, **variables)

    def script(self, text: str) -> str:
        """The commands with the port that the service has here."""
        return text.replace("localhost:8000", f"localhost:{self.port}").replace(
            "127.0.0.1:8000", f"127.0.0.1:{self.port}"
        )

    def run(self, text: str, **variables: str | None) -> str:
        """What the commands write, each of which must succeed."""
        url = f"http://127.0.0.1:{self.port}"
        done = subprocess.run(  # noqa: S603
            ["bash", "-euo", "pipefail", "-c", self.script(text)],  # noqa: S607
            cwd=self.folder,
            env=self.environment(HANDRAIL_URL=url, **variables),
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stdout
