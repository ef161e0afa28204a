"""Threads for a Map's items."""

from types import SimpleNamespace
from typing import Any

from handrail.engine.moto_patches.workers_without_items import launch_worker


def test_no_worker_starts_where_no_item_is_left() -> None:
    started: list[Any] = []

    def original(*given: Any) -> Any:
        started.append(given)
        return "worker"

    pool = SimpleNamespace(_open_jobs=["item"])
    assert launch_worker(original, "map", "env", "input", pool) == "worker"
    pool._open_jobs.clear()
    assert launch_worker(original, "map", "env", "input", pool) is None
    assert len(started) == 1
