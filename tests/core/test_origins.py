"""Which pages may open sockets."""

import pytest

from service.core.origins import allowed_origin

ALLOWED = frozenset({"https://app.example.com"})


@pytest.mark.parametrize(
    "origin", [None, "https://app.example.com", "https://app.example.com/", "http://here:8000"]
)
def test_no_browser_the_listed_sites_and_this_one_may(origin: str | None) -> None:
    assert allowed_origin(origin, "here:8000", ALLOWED)


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "",
        "https://evil.example",
        "https://app.example.com.evil.example",
        "http://[",
        "here",
    ],
)
def test_no_other_may(origin: str) -> None:
    assert not allowed_origin(origin, "here:8000", ALLOWED)
    assert not allowed_origin(origin, None, ALLOWED)
