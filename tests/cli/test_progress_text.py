"""How far an execution is, in words: those of the page."""

import json
from pathlib import Path
from typing import Any

import pytest

from handrail.cli.progress_text import progress_text

FILE = Path(__file__).parents[1] / "page" / "progress_cases.json"
CASES: list[dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=[case["text"] for case in CASES])
def test_what_is_known_is_said_in_a_line(case: dict[str, Any]) -> None:
    assert progress_text(case["progress"], over=case["over"]) == case["text"]
