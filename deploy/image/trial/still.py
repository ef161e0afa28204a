"""What is true of the image before it serves: what it can't, and what it refuses."""

import json
from pathlib import Path

from .findings import expect, found
from .sandbox import Sandbox

PYTHON = "/opt/handrail/bin/python"
FOLDERS = ("/", *(f"/{name}" for name in ("tmp", "var/tmp", "run", "dev/shm", "opt/handrail")))
PROBE = """
import errno, json, os, sys
refused = {}
for folder in sys.argv[1:]:
    try:
        open(os.path.join(folder, "probe"), "w").close()
        refused[folder] = "written"
    except OSError as error:
        refused[folder] = errno.errorcode[error.errno]
print(json.dumps({"refused": refused, "ids": [os.getuid(), os.getgid(), os.getgroups()]}))
"""
ABSENT = ("moto", "pip", "setuptools", "wheel", "pytest", "mypy", "hypothesis", "rich")


def check(sandbox: Sandbox) -> None:
    """Raises CheckFailed."""
    read_only(sandbox)
    absent(sandbox)
    refuses_exposure(sandbox)
    unhealthy(sandbox)


def read_only(sandbox: Sandbox) -> None:
    answer = sandbox.ask([PYTHON, "-I", "-c", PROBE, *FOLDERS])
    expect(answer.returncode == 0, f"the write probe failed: {answer.stderr}")
    probed = json.loads(answer.stdout)
    refused = set(probed["refused"].values())
    expect(refused == {"EROFS"}, f"the root file system isn't read-only: {probed['refused']}")
    uid, gid = map(int, sandbox.user.split(":"))
    expect(probed["ids"] == [uid, gid, []] and uid > 0, f"the wrong user: {probed['ids']}")
    found("read-only root", f"writing to {len(FOLDERS)} folders as {uid}:{gid}: EROFS")


def absent(sandbox: Sandbox) -> None:
    """What only building, testing and the embedded engine need."""
    code = (
        "import sys; from importlib.util import find_spec; print(*filter(find_spec, sys.argv[1:]))"
    )
    present = sandbox.ask([PYTHON, "-I", "-c", code, *ABSENT])
    expect(present.returncode == 0, f"looking for packages failed: {present.stderr}")
    expect(not present.stdout.strip(), f"in the image, and not needed: {present.stdout}")
    tools = {path.name for path in (sandbox.root / "opt/handrail/bin").iterdir()}
    expect(tools <= {"handrail", "python", "python3", "python3.11"}, f"tools: {sorted(tools)}")
    found("left out", ", ".join(ABSENT))


def refuses_exposure(sandbox: Sandbox) -> None:
    """As it comes, it would serve the world without asking who it is."""
    answer = sandbox.ask(sandbox.start, variables={"AWS_REGION": "us-east-1"})
    expect(answer.returncode == 2, f"exit code {answer.returncode} without HANDRAIL_AUTH")
    expect("HANDRAIL_AUTH" in answer.stderr, f"no word of HANDRAIL_AUTH: {answer.stderr}")
    found("safe default", "without HANDRAIL_AUTH it refuses to start, exit code 2")


def unhealthy(sandbox: Sandbox) -> None:
    answer = sandbox.ask(sandbox.healthcheck)
    expect(answer.returncode == 1, f"HEALTHCHECK says {answer.returncode} where nothing listens")
    found("HEALTHCHECK", f"exit code 1 where nothing listens: {answer.stderr.strip()}")


def status_of(pid: int) -> dict[str, str]:
    """The fields of /proc/<pid>/status."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}
