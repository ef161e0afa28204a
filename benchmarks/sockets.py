"""Ten thousand sockets on one execution: thousands of them come at once, as after a restart; then
one update after the other goes to all."""

from .children import measured, python, running
from .figures import Figure, Options, Report, Target
from .processes.updates import EXECUTION

SOCKETS, BURST = 10_000, 3_000
SETTINGS = {"HANDRAIL_WS_MAX_SOCKETS": "20000", "HANDRAIL_WS_HEARTBEAT_S": "300"}
"""Room for all, and no pings between the updates."""
WHAT_RAN = f"""\
The production app and server on uvloop, fed by a history that grows on demand, and {SOCKETS:,}
sockets in another process on the same machine: {BURST:,} connect at once, the others behind them.
Then an update of some 600 bytes at a time. How far behind is counted from the socket that has it
first. Both processes need some thousand open files more than there are sockets."""


async def run(options: Options) -> Report:
    rounds, updates = (1, 10) if options.quick else (3, 20)
    found = [await crowded(updates) for _ in range(rounds)]
    columns = {name: [each[name] for each in found] for name in found[0]}

    def kib(name: str) -> list[float]:
        return [value / 1024 for value in columns[name]]

    once, all_in = Target(at_most=0), f"{BURST:,} at once"
    figures = [
        Figure("behind the first, p50", columns["behind_p50_ms"], "ms", Target(at_most=50)),
        Figure("behind the first, p99", columns["behind_p99_ms"], "ms", Target(at_most=100)),
        Figure("the first has it after", columns["first_ms"], "ms"),
        Figure("CPU an update and socket", columns["cpu_us"], "us"),
        Figure("memory a socket", kib("socket_bytes"), "KiB", Target(at_most=10)),
        Figure("the same after the updates", kib("later_bytes"), "KiB", Target(at_most=10)),
        Figure("refused or lost", columns["lost"], "", once),
        Figure(f"{all_in}: let in, p50", columns["open_p50_s"], "s"),
        Figure(f"{all_in}: let in, max", columns["open_max_s"], "s"),
        Figure(f"{all_in}: snapshot, max", columns["greeted_max_s"], "s"),
        Figure(f"{all_in}: CPU a socket", columns["burst_cpu_ms"], "ms"),
        Figure(f"{all_in}: most memory a socket", kib("burst_peak_bytes"), "KiB"),
    ]
    return Report(f"{SOCKETS:,} sockets on one execution", WHAT_RAN, figures)


async def crowded(updates: int) -> dict[str, float]:
    """One round: a fresh server and a fresh crowd."""
    async with (
        running(python("endpoint")) as endpoint,
        running(python("fed_service"), {"AWS_ENDPOINT_URL": endpoint.url, **SETTINGS}) as server,
    ):
        control, url = server.said.split()
        path = f"/v1/executions/{EXECUTION}/ws"
        counts = (f"--sockets={SOCKETS}", f"--burst={BURST}", f"--updates={updates}")
        return await measured(python("socket_crowd", url + path, control, server.pid, *counts))
