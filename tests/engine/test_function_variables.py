"""Each function sees variables of its own, though all share one process."""

import asyncio
import os
from collections.abc import Iterator

import pytest

from handrail.engine.function_variables import own_variables, with_variables


@pytest.fixture(autouse=True)
def process(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TABLE", "the process's")
    with own_variables():
        yield


async def test_functions_that_run_at_once_see_each_its_own() -> None:
    async def seen() -> str | None:
        await asyncio.sleep(0)
        return os.environ.get("TABLE")

    def plain() -> str | None:
        return os.getenv("TABLE")

    functions = [with_variables(seen, {"TABLE": name}) for name in ("a", "b")]
    assert await asyncio.gather(*(function() for function in functions), seen()) == [
        "a",
        "b",
        "the process's",
    ]
    assert with_variables(plain, {"TABLE": "c"})() == "c"
    assert await asyncio.to_thread(with_variables(plain, {"TABLE": "d"})) == "d"
    assert plain() == "the process's"
    assert with_variables(plain, {}) is plain


def test_the_rest_of_the_environment_is_there_and_can_be_changed() -> None:
    def look() -> tuple[bool, int, bool, str]:
        os.environ["MADE"] = "here"
        listed = list(os.environ)
        return "OWN" in os.environ, listed.count("TABLE"), "PATH" in listed, os.environ["MADE"]

    try:
        assert with_variables(look, {"OWN": "1", "TABLE": "x"})() == (True, 1, True, "here")
        assert os.environ["MADE"] == "here"
        assert "OWN" not in os.environ
        assert len(os.environ) == len(list(os.environ))
    finally:
        del os.environ["MADE"]
