"""Writes the table of moto's faults into docs/engine.md where it is run with `python -m`."""

import re
from pathlib import Path

from handrail.engine.moto_patches.patches import faults

DOCUMENT = Path(__file__).parents[3] / "docs" / "engine.md"
_TABLE = re.compile(r"(?<=<!-- faults -->\n).*(?=<!-- /faults -->)", re.DOTALL)


def table() -> str:
    rows = ["| fault | moto | since | AWS | known by |", "|---|---|---|---|---|"]
    for name, fault in faults().items():
        cells = (f"`{name}`", fault.moto, fault.since, fault.aws, fault.known)
        rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(rows) + "\n"


def written() -> str:
    """The table as it stands in the document."""
    found = _TABLE.search(DOCUMENT.read_text("utf-8"))
    assert found, "docs/engine.md has no place for the table"
    return found[0]


if __name__ == "__main__":
    text = DOCUMENT.read_text("utf-8")
    DOCUMENT.write_text(_TABLE.sub(lambda _: table(), text), "utf-8")
