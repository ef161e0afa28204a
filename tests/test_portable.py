"""`make run` and `make test` need no Linux: what only Linux has is asked for, or isn't used."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LINUX_ONLY = re.compile(
    r"/proc/|/dev/shm|\bepoll\b|\bprctl\b|\bunshare\b|\bSO_REUSEPORT\b|\bSO_PEERCRED\b"
    r"|\bsched_(?:get|set)\w+|\bpidfd_\w+|\beventfd\b|\bmemfd_\w+|\bTCP_USER_TIMEOUT\b"
)
"""In Python."""

GNU_ONLY = re.compile(
    r"\bsed -i(?! '')|\bfind [^|;\n]*-printf|\bdate -d|\breadlink -f|\bgrep -\w*P|\bxargs -r"
    r"|\bstat -c|\bbase64 -w"
)
"""In what people are told to type, and in the Makefile."""

ASKED_FOR = {"service/server/server.py"}
"""`hasattr` tells there whether the system has it."""


def python() -> Iterator[Path]:
    """The image's build and check need Linux, and `benchmarks/README.md` says that they do."""
    for room in ("service", "examples", "state_machines", "tests"):
        yield from (ROOT / room).rglob("*.py")


def said() -> Iterator[Path]:
    yield ROOT / "Makefile"
    yield from ROOT.glob("*.md")
    yield from (ROOT / "docs").glob("*.md")


@pytest.mark.parametrize(
    ("files", "pattern"), [(python, LINUX_ONLY), (said, GNU_ONLY)], ids=["python", "commands"]
)
def test_nothing_is_linuxs_own(
    files: Callable[[], Iterator[Path]], pattern: "re.Pattern[str]"
) -> None:
    found = {
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in files()
        if path != Path(__file__) and str(path.relative_to(ROOT)) not in ASKED_FOR
        for match in pattern.finditer(path.read_text(encoding="utf-8"))
    }

    assert found == set()


def test_names_of_files_differ_by_more_than_their_case() -> None:
    """macOS's file system knows no other difference."""
    rooms = ("deploy", "docs", "examples", "packages/client/src", "service", "tests")
    for room in rooms:
        for folder in (path for path in (ROOT / room).rglob("*") if path.is_dir()):
            names = [path.name.lower() for path in folder.iterdir()]
            assert len(set(names)) == len(names), folder
