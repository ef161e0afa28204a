"""Which pages may call, and open sockets."""

import pytest

from service.core.access.origins import (
    allowed_origin,
    names_host,
    on_this_machine,
    other_site,
    shared_headers,
)

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
        "https://evil.com",
        "https://app.example.com.evil.com",
        "http://[",
        "here",
    ],
)
def test_no_other_may(origin: str) -> None:
    assert not allowed_origin(origin, "here:8000", ALLOWED)
    assert not allowed_origin(origin, None, ALLOWED)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1:8000",
        "localhost",
        "LOCALHOST:1",
        "[::1]:8000",
        "192.168.1.7",
        "app.localhost:80",
        "handrail",
        "host.docker.internal:8000",
        None,
    ],
)
@pytest.mark.parametrize(
    "origin", [None, "http://localhost:5173", "http://127.0.0.1:8000", "https://app.example.com"]
)
def test_a_machines_own_programs_and_pages_are_its_own(
    origin: str | None, host: str | None
) -> None:
    assert on_this_machine(origin, host, ALLOWED)


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        (None, "evil.com:8000"),
        ("http://evil.com:8000", "evil.com:8000"),
        ("http://evil.com", "127.0.0.1:8000"),
        ("null", "127.0.0.1:8000"),
        ("http://localhost.evil.com", "localhost"),
        ("https://app.example.com", "app.example.com"),
        (None, "127.0.0.1.evil.com"),
        (None, "internal.evil.com"),
        ("http://192.168.1.7", "127.0.0.1:8000"),
        (None, "["),
        (None, ""),
        ("http://[", "localhost"),
    ],
)
def test_another_sites_page_is_not_whatever_name_it_gives_us(origin: str | None, host: str) -> None:
    assert not on_this_machine(origin, host, ALLOWED)


def test_a_service_may_be_known_by_a_name_of_its_own() -> None:
    known_as = "https://handrail.example.com/base"

    assert on_this_machine(None, "handrail.example.com", ALLOWED, known_as=known_as)
    assert on_this_machine(
        "https://handrail.example.com", "handrail.example.com", (), known_as=known_as
    )
    assert not on_this_machine(None, "example.com", ALLOWED, known_as=known_as)


@pytest.mark.parametrize(
    ("origin", "fetch_site"),
    [
        ("null", "same-origin"),
        ("http://whatever", "same-origin"),
        (None, "none"),
        (None, None),
        ("null", None),
        ("http://here:8000", None),
        ("https://app.example.com", "cross-site"),
        ("https://handrail.example.com", "same-site"),
    ],
)
def test_no_browser_says_that_another_site_asks(origin: str | None, fetch_site: str | None) -> None:
    known_as = "https://handrail.example.com/base"
    assert not other_site(origin, fetch_site, "here:8000", ALLOWED, known_as=known_as)


@pytest.mark.parametrize(
    ("origin", "fetch_site"),
    [
        ("null", "cross-site"),
        ("null", "same-site"),
        (None, "cross-site"),
        ("https://evil.com", None),
        ("https://evil.com", "cross-site"),
        ("https://handrail.example.com", "cross-site"),
        ("http://localhost:1", "same-site"),
        ("", None),
        ("null", "made-up"),
    ],
)
def test_a_browser_says_that_another_site_asks(origin: str | None, fetch_site: str | None) -> None:
    assert other_site(origin, fetch_site, "here:8000", ALLOWED)


def test_what_a_page_may_read_is_said_of_origins_on_the_list_alone() -> None:
    allowed = {"https://a.example", "null"}
    assert shared_headers("https://a.example", set()) == []
    for other in (None, "null", "https://b.example"):
        assert shared_headers(other, allowed) == [("Vary", "Origin")]
    told = dict(shared_headers("https://a.example", allowed))
    assert told["Access-Control-Allow-Origin"] == "https://a.example"
    assert told["Vary"] == "Origin"


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
    assert names_host([(b"host", host.encode("latin1"))])


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
    assert not names_host([(b"host", host.encode("latin1"))])


def test_a_request_goes_to_one_host_at_most() -> None:
    one = (b"host", b"a")
    assert names_host([])
    assert names_host([one, (b"x", b"a..b")])
    assert not names_host([one, one])
