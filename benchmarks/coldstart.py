"""A Lambda instance's cold start: from the fresh process to the first answer, by kind of event."""

from .children import measured, python
from .figures import Figure, Options, Report, Target, ratios

MOST = Target(at_most=2.0)
MOST_LIVE = Target(at_most=1.8)
PATHS = ("http", "live")
SOCKETS = {
    "HANDRAIL_ALLOW_UNAUTHENTICATED": "true",
    "HANDRAIL_TABLE": "sockets",
    "HANDRAIL_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/nudges",
    "HANDRAIL_SOCKET_ENDPOINT": "https://a1.execute-api.us-east-1.amazonaws.com/prod",
}
WHAT_RAN = """\
http  import handrail.lambda_handler, answer GET /healthz
live  import handrail.lambda_handler, answer a batch of the queue's that holds nothing to do
bare  import aioboto3, open the first client of Step Functions
Fresh processes by turns, bytecode cached, without the interpreter's own start. Nothing is asked of
AWS. What is imported can be moved into the instance's initialisation: HANDRAIL_PRELOAD."""


async def run(options: Options) -> Report:
    rounds = 3 if options.quick else 11
    for kind in (*PATHS, "bare"):
        await _one(kind)  # writes the bytecode
    found = [{kind: await _one(kind) for kind in (*PATHS, "bare")} for _ in range(rounds)]
    cpu = {kind: [each[kind]["cpu_s"] for each in found] for kind in (*PATHS, "bare")}
    figures = [
        Figure("CPU, http / bare", ratios(cpu["http"], cpu["bare"]), "x", MOST),
        Figure("CPU, live / bare", ratios(cpu["live"], cpu["bare"]), "x", MOST_LIVE),
        *(Figure(f"CPU, {kind}", values, "s") for kind, values in cpu.items()),
        *(_column(found, kind, "wall_s", "wall", "s") for kind in cpu),
        *(_column(found, kind, "import_s", "of it importing", "s") for kind in cpu),
        *(_column(found, kind, "modules", "modules", "") for kind in cpu),
        *(_column(found, kind, "memory_mb", "memory", "MB") for kind in cpu),
    ]
    return Report("cold start on Lambda", WHAT_RAN, figures)


def _column(
    found: list[dict[str, dict[str, float]]], kind: str, key: str, name: str, unit: str
) -> Figure:
    return Figure(f"{name}, {kind}", [each[kind][key] for each in found], unit)


async def _one(kind: str) -> dict[str, float]:
    return await measured(python("first_event", kind), SOCKETS)
