"""What every test may use: one embedded engine, and one DynamoDB and SQS, for the whole session."""

import pytest

pytest_plugins = ("tests.local.engine_fixture", "tests.stored_table")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A process runs one engine at a time: tests that start their own come before the session's."""
    items.sort(key=lambda item: item.path.name != "test_engine.py")
