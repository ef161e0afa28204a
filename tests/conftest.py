"""What every test may use: one embedded engine, and one DynamoDB and SQS, for the whole session."""

import gc
from collections.abc import Iterator

import pytest

pytest_plugins = ("tests.local.engine_fixture", "tests.stored_table")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A process runs one engine at a time: tests that start their own come before the session's."""
    items.sort(key=lambda item: item.path.name != "test_engine.py")


@pytest.fixture(autouse=True)
def collector() -> Iterator[None]:
    """A server calms the garbage collector of its process, which is the tests' own here."""
    thresholds = gc.get_threshold()
    yield
    gc.set_threshold(*thresholds)
    gc.unfreeze()
    gc.enable()
