"""With reads that lag two seconds behind every write, every route and transport answers what it
answers without: only later."""

import asyncio
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.environment import made_up
from tests.stubs.account import READS, Lag

from .playing import Kind, Results, played

pytestmark = pytest.mark.lag
LAG_S = 2.0


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    return made_up(monkeypatch, tmp_path, "AWS_", "HANDRAIL_")


def outcomes(results: Results) -> Mapping[tuple[str, str], Any]:
    return {key: result.outcome for key, result in results.items()}


@cache
def without() -> Mapping[str, Any]:
    """By scene: whoever writes and reads, it is the same."""
    results = asyncio.run(played(Lag(), "process"))
    return {scene: result.outcome for (scene, _), result in results.items()}


@pytest.mark.parametrize(
    ("kind", "operations"),
    [
        ("process", READS),
        ("lambda", READS),
        ("process", READS - {"GetExecutionHistory"}),
    ],
)
def test_what_lags_comes_later_and_is_the_same(kind: Kind, operations: frozenset[str]) -> None:
    found = outcomes(asyncio.run(played(Lag(LAG_S, operations=operations), kind)))
    assert found == {key: without()[key[0]] for key in found}
