"""No variable of the machine's shows through."""

from pathlib import Path

import pytest

from tests.environment import made_up


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    return made_up(monkeypatch, tmp_path, "AWS_", "HANDRAIL_")
