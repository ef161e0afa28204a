"""What the load process saw, as lines of the table."""

from collections.abc import Iterator, Mapping
from typing import Any

from .figures import Figure, Target

Found = Mapping[str, Any]

SPREADS = {
    "behind": "behind the push",
    "changes": "changes late",
    "ends": "ends late",
    "snapshots": "snapshots",
    "resumed": "resumed",
}
"""Members with p50, p99 and max, in seconds."""

NUMBERS = {
    "first_s": ("first snapshot", "s"),
    "none": ("sockets without a snapshot", ""),
    "unseen": ("changes never seen", ""),
    "no_end": ("ends never seen", ""),
    "prompt_after_s": ("prompt again after", "s"),
    "for_nobody": ("reads for nobody", ""),
    "peak_mib": ("peak memory", "MiB"),
    "gaps": ("resets", ""),
    "lost": ("sockets lost", ""),
    "anew": ("resumptions that started over", ""),
    "reads": ("reads an execution", ""),
}
SHARES = {
    "within_s": "changes within 2 s",
    "broken": "changes later than promised",
    "busy": "service's CPU",
}


def figures(found: Found, targets: Mapping[str, Target]) -> list[Figure]:
    """Only what the scene has seen has a line."""
    lines = [*_spreads(found), *_shares(found), *_numbers(found), *_asked(found), *_calls(found)]
    return [Figure(name, [value], unit, targets.get(name)) for name, value, unit in lines]


def notes(found: Found) -> list[str]:
    """How people were answered, and what sockets were told."""
    answered = [
        f"{kind}: {_listed(asked['statuses'])}" for kind, asked in sorted(found["asked"].items())
    ]
    errors = [f"errors on sockets: {_listed(found['errors'])}"] if found["errors"] else []
    if stayed := found.get("stayed"):
        answered.append(f"calls while the strangers stayed: {_listed(stayed['calls'])}")
    return [*answered, *errors, f"load generator: {found['own_cpu_s']:.1f} s of CPU"]


Line = tuple[str, float, str]


def _spreads(found: Found) -> Iterator[Line]:
    for member, name in SPREADS.items():
        for place, value in found.get(member, {}).items():
            yield f"{name}, {place}", value, "s"


def _shares(found: Found) -> Iterator[Line]:
    for member, name in SHARES.items():
        if member in found:
            yield name, 100 * found[member], "%"


def _numbers(found: Found) -> Iterator[Line]:
    for member, (name, unit) in NUMBERS.items():
        if member in found:
            yield name, found[member], unit


def _asked(found: Found) -> Iterator[Line]:
    """How long an answer took counts where it was the one asked for: a refusal is quick."""
    for kind, asked in sorted(found["asked"].items()):
        for place in ("p50", "p99", "max"):
            if place in asked:
                yield f"{kind}, {place}", asked[place], "s"
        yield f"{kind}, answered", 100 * asked["answered"], "%"


def _calls(found: Found) -> Iterator[Line]:
    for operation, number in sorted(found["calls"].items()):
        yield f"calls, {operation}", number, ""
    for operation, number in sorted(found["throttled"].items()):
        yield f"throttled, {operation}", number, ""
    yield "throttled, all", sum(found["throttled"].values()), ""


def _listed(counted: Mapping[str, int]) -> str:
    return ", ".join(f"{name} x{number}" for name, number in sorted(counted.items()))
