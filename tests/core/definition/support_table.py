"""Writes the tables of what the embedded engine runs into docs/engine.md where it is run with
`python -m`."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import handrail.core.definition.engine_support
from handrail.core.definition.engine_support import MADE_UP, why_not
from handrail.core.definition.lint.task_resources import INTEGRATIONS

DOCUMENT = Path(__file__).parents[3] / "docs" / "engine.md"
OPERATIONS = Path(handrail.core.definition.engine_support.__file__).with_name(
    "engine_operations.json"
)
_TABLE = re.compile(r"(?<=<!-- runs -->\n).*(?=<!-- /runs -->)", re.DOTALL)


def tables() -> str:
    return "\n".join([*_optimised(), "", *_sdk()]) + "\n"


def _optimised() -> Iterator[str]:
    yield "| integration | runs | runs with a stand-in |"
    yield "|---|---|---|"
    found: dict[str, tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
    for name, integration in INTEGRATIONS.items():
        service, _, operation = name.partition(":")
        for pattern in ("", *integration.patterns):
            task = f"{operation}.{pattern}" if pattern else operation
            found[service][why_not(f"arn:aws:states:::{service}:{task}") is not None].append(task)
    for service, columns in sorted(found.items()):
        cells = [", ".join(f"`{task}`" for task in column) for column in columns]
        yield f"| `{service}` | {' | '.join(cells)} |"


def _sdk() -> Iterator[str]:
    yield "| `aws-sdk` | |"
    yield "|---|---|"
    some, made_up = [], []
    for name, text in json.loads(OPERATIONS.read_text("utf-8")).items():
        botocore_name, *operations = text.split()
        if any(why_not(f"arn:aws:states:::aws-sdk:{name}:{each}") is None for each in operations):
            some.append(f"`{name}`")
        if botocore_name in MADE_UP and operations:
            patterns = MADE_UP[botocore_name].split()
            made_up.append(f"`{name}` ({'all' if patterns == ['*'] else ', '.join(patterns)})")
    yield f"| runs, where moto has the operation | {', '.join(some)} |"
    escaped = ", ".join(made_up).replace("*", "\\*")
    yield f"| runs with a stand-in: moto would make the answer up | {escaped} |"
    yield "| runs with a stand-in: moto has nothing of it | all others |"


def written() -> str:
    """The tables as they stand in the document."""
    found = _TABLE.search(DOCUMENT.read_text("utf-8"))
    assert found, "docs/engine.md has no place for the tables"
    return found[0]


if __name__ == "__main__":
    text = DOCUMENT.read_text("utf-8")
    DOCUMENT.write_text(_TABLE.sub(lambda _: tables(), text), "utf-8")
