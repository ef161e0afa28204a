"""What is true of the image while it serves: who it runs as, how it feels, and what it does."""

import asyncio
import json
import time
from pathlib import Path

from handrail.client import Client

from .findings import expect, found
from .processes import Running
from .sandbox import Sandbox
from .still import PYTHON, status_of

URL = "http://127.0.0.1:8000"
ORDER = {
    "order_id": "A-1001",
    "customer": "Ada",
    "amount": 120.5,
    "card": "tok_visa",
    "parcels": [{"id": "P-1"}, {"id": "P-2"}],
}
PROBES = 5
PEAK = """
from pathlib import Path
from handrail.entrypoints.healthcheck import main
assert main([]) == 0
print(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0])
"""


async def check(sandbox: Sandbox, service: Running, key: str) -> None:
    """Raises CheckFailed."""
    identity(sandbox, service)
    await asyncio.to_thread(healthy, sandbox)
    await start_and_watch(key)


def identity(sandbox: Sandbox, service: Running) -> None:
    """By what the kernel says of the process that serves."""
    pid = service.process.pid
    status = status_of(pid)
    uid, gid = sandbox.user.split(":")
    expect(status["Uid"].split() == [uid] * 4, f"it runs as {status['Uid']}")
    expect(status["Gid"].split() == [gid] * 4, f"in the group {status['Gid']}")
    expect(int(status["CapEff"], 16) == 0, f"with the privileges {status['CapEff']}")
    expect(status["NoNewPrivs"] == "1", "and could gain others")
    expect(root_is_read_only(pid, sandbox.root), "its root file system can be written")
    found("process", f"Uid {uid}, Gid {gid}, CapEff 0, NoNewPrivs 1, its root mounted ro")
    found("memory", f"{int(status['VmRSS'].split()[0]) / 1024:.0f} MiB after start")


def root_is_read_only(pid: int, root: Path) -> bool:
    """Its root folder is this mount, and the mount is read-only; proc_pid_mountinfo(5)."""
    rooted = Path(f"/proc/{pid}/root").readlink() == root
    lines = Path(f"/proc/{pid}/mountinfo").read_text(encoding="utf-8").splitlines()
    mounted = [line.split() for line in lines if line.split()[4] in {"/", str(root)}]
    return rooted and bool(mounted) and "ro" in mounted[-1][5].split(",")


def healthy(sandbox: Sandbox) -> None:
    """The command that the container engine runs every half minute, and what it costs."""
    answer = sandbox.ask(sandbox.healthcheck)
    expect(answer.returncode == 0, f"HEALTHCHECK says no while it serves: {answer.stderr}")
    bare_ms = milliseconds(sandbox, PYTHON, "-I", "-c", "pass")
    asking_ms = milliseconds(sandbox, *sandbox.healthcheck)
    peak = sandbox.ask([PYTHON, "-I", "-c", PEAK])
    expect(peak.returncode == 0, f"looking at HEALTHCHECK's memory failed: {peak.stderr}")
    cost = f"{asking_ms:.0f} ms (a bare Python: {bare_ms:.0f}), {int(peak.stdout) / 1024:.0f} MiB"
    found("HEALTHCHECK", f"exit code 0 while it serves; {cost}")


def milliseconds(sandbox: Sandbox, *command: str) -> float:
    """How long the command takes, entering the sandbox included: the middle one of some."""
    took_s = []
    for _ in range(PROBES):
        began_at = time.monotonic()
        sandbox.ask(command)
        took_s.append(time.monotonic() - began_at)
    return sorted(took_s)[PROBES // 2] * 1000


async def start_and_watch(key: str) -> None:
    """An execution over REST, its states over WebSocket, from `subscribed` to `complete`."""
    updates, last = 0, {"type": "nothing"}
    async with asyncio.timeout(60), Client(URL, token=lambda: key) as client:
        started = await client.start("order-fulfilment", ORDER)
        async for last in client.follow(started["execution"]):
            updates += last["type"] == "update"
    expect(last["type"] == "complete", f"the watch ended with {json.dumps(last)}")
    expect(last["status"] == "SUCCEEDED", f"the execution ended {last['status']}")
    expect(updates > 0, "the watch brought no update")
    found("start and watch", f"{started['state_machine']}: {updates} updates, {last['status']}")
