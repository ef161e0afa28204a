"""A machine without a browser: the tests that need one say so, and where none may be left out they
fail."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from .processes import ROOT

ONE = "tests/e2e/test_browser_page.py::test_the_catalogue_names_every_state_machine"


@pytest.mark.parametrize(
    ("options", "exit_code"),
    [([], 0), (["--may-skip=no Chromium"], 0), (["--may-skip=HANDRAIL_HISTORIES"], 1)],
)
def test_without_chromium_a_test_is_left_out_only_where_it_may_be(
    tmp_path: Path, options: list[str], exit_code: int
) -> None:
    ran = subprocess.run(  # noqa: S603 our own tests
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", ONE, *options],
        cwd=ROOT,
        env={**os.environ, "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == exit_code, ran.stdout
    assert "no Chromium: none of chromium" in ran.stdout
