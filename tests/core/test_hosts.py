"""What a Host header may say."""

import pytest

from service.core.hosts import is_host, names_host


@pytest.mark.parametrize(
    "host",
    [
        "",
        "a",
        "A.b-c_d.example.",
        "127.0.0.1",
        "a:0",
        "a:65535",
        "a:",
        "[::1]",
        "[::1]:8000",
        "x" * 63,
    ],
)
def test_a_host_header_names_a_host(host: str) -> None:
    assert is_host(host)


@pytest.mark.parametrize(
    "host",
    [
        "a..b",
        ".a",
        ".",
        "x" * 64,
        "a:65536",
        "a:b",
        "a:1:2",
        "::1",
        "[::1",
        "[]",
        "[a]",
        "ä",
        "a b",
    ],
)
def test_a_host_header_that_names_none(host: str) -> None:
    assert not is_host(host)


def test_a_request_goes_to_one_host_at_most() -> None:
    one = (b"host", b"a")
    assert names_host([])
    assert names_host([one, (b"x", b"a..b")])
    assert not names_host([one, one])
