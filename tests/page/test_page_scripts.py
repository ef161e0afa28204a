"""The page's scripts, tested where they run: by Node's own test runner, without dependencies."""

import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
OLDEST = 18
"""The first Node with `node:test`."""


def node() -> str | None:
    """Node's path, where it is installed and new enough."""
    found = shutil.which("node")
    if found is None:
        return None
    said = subprocess.run(  # noqa: S603 - the machine's own node
        [found, "--version"], capture_output=True, text=True, check=False
    ).stdout
    major = said.strip().removeprefix("v").partition(".")[0]
    return found if major.isdecimal() and int(major) >= OLDEST else None


NODE = node()
needs_node = pytest.mark.skipif(NODE is None, reason=f"needs node, {OLDEST} or newer, in the PATH")


@needs_node
@pytest.mark.parametrize("file", sorted(HERE.glob("*.test.js")), ids=lambda file: str(file.name))
def test_the_page_s_scripts_do_as_their_tests_say(file: Path) -> None:
    assert NODE is not None
    ran = subprocess.run(  # noqa: S603 - the machine's own node, our own file
        [NODE, "--test", "--test-reporter=tap", file],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "\n# fail 0\n" in ran.stdout
    assert "\n# pass 0\n" not in ran.stdout
