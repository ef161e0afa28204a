"""A machine without a browser: the tests that need one say so, and where none may be left out they
fail."""

import pytest

NEEDS_ONE = """
from tests.e2e.chromium import chromium

async def test_a_page() -> None:
    async with chromium():
        raise AssertionError("there is one")
"""
ALIKE = """
[pytest]
addopts = -ra
asyncio_mode = auto
asyncio_default_fixture_loop_scope = function
"""


@pytest.mark.parametrize(
    ("options", "exit_code"),
    [([], 0), (["--may-skip=no Chromium"], 0), (["--may-skip=HANDRAIL_HISTORIES"], 1)],
)
def test_without_chromium_a_test_is_left_out_only_where_it_may_be(
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    options: list[str],
    exit_code: int,
) -> None:
    pytester.makepyfile(NEEDS_ONE)
    pytester.makeini(ALIKE)
    monkeypatch.setenv("PATH", str(pytester.path))
    monkeypatch.setattr("tests.e2e.chromium.NAMES", ("chromium",))
    ran = pytester.runpytest_inprocess("-p", "tests.conftest", *options)
    assert ran.ret == exit_code
    ran.stdout.fnmatch_lines(["*no Chromium: none of chromium*"])
