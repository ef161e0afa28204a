"""Which pages may call, and open sockets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.core.access.origins import (
    Origins,
    allowed_origin,
    names_host,
    on_this_machine,
    other_site,
    shared_headers,
)

ALLOWED = Origins.parse("https://app.example.com")
KNOWN = Origins.parse("https://app.example.com", "https://handrail.example.com/base")
NONE = Origins()


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
    own = "https://handrail.example.com"
    for host in ("handrail.example.com", "Handrail.example.com", "handrail.example.com:443"):
        assert on_this_machine(None, host, KNOWN)
        assert on_this_machine(own, host, Origins(own=own))
    for host in ("example.com", "handrail.example.com:8443", "handrail.example.com.evil.com"):
        assert not on_this_machine(None, host, KNOWN)


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("https://handrail.example.com", "10.0.0.7:8000"),
        ("https://handrail.example.com", None),
        ("https://shop.example", "shop.example:443"),
        ("http://shop.example", "shop.example:80"),
        ("https://shop.example", "SHOP.example"),
        ("https://shop.example:8443", "shop.example:8443"),
        ("http://[::1]", "[::1]:80"),
    ],
)
def test_this_very_site_is_known_behind_a_proxy_too(origin: str, host: str | None) -> None:
    assert allowed_origin(origin, host, KNOWN)


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://handrail.example.com", "10.0.0.7:8000"),
        ("https://handrail.example.com:8443", "10.0.0.7:8000"),
        ("https://shop.example", "shop.example:80"),
        ("http://shop.example", "shop.example:443"),
        ("https://shop.example:443443", "shop.example:443"),
    ],
)
def test_another_port_or_scheme_is_another_site(origin: str, host: str) -> None:
    assert not allowed_origin(origin, host, KNOWN)


@pytest.mark.parametrize(
    ("entry", "origin"),
    [
        ("https://App.Example.com", "https://app.example.com"),
        ("https://x.com:443", "https://x.com"),
        ("http://x.com:80/", "http://x.com"),
        ("https://x.com:80", "https://x.com:80"),
        ("HTTPS://x.com/", "https://x.com"),
        ("https://x.com:", "https://x.com"),
        ("http://localhost:5173", "http://localhost:5173"),
        ("http://127.0.0.1:3000", "http://127.0.0.1:3000"),
        ("http://[0:0:0:0::1]:3000", "http://[::1]:3000"),
        ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
        ("capacitor://localhost", "capacitor://localhost"),
        ("chrome-extension://abcdefghijklmnop", "chrome-extension://abcdefghijklmnop"),
        ("https://my_box.internal", "https://my_box.internal"),
    ],
)
def test_an_origin_is_listed_as_browsers_send_it(entry: str, origin: str) -> None:
    listed = Origins.parse(f"https://a.example,\n {entry} ")
    assert listed.lists(origin)
    assert listed.lists("https://a.example")
    assert not listed.lists("https://b.example")


labels = st.from_regex(r"[a-z0-9_-]{1,10}", fullmatch=True)


@given(
    st.sampled_from(["http", "https"]),
    st.lists(labels, min_size=1, max_size=4),
    st.one_of(st.none(), st.integers(1, 65_535)),
    st.booleans(),
)
def test_whatever_is_listed_is_found_as_browsers_send_it(
    scheme: str, parts: list[str], port: int | None, shouted: bool
) -> None:
    host, usual = ".".join(parts), {"http": 80, "https": 443}[scheme]
    entry = f"{scheme}://{host}" + (f":{port}" if port else "")
    listed = Origins.parse(entry.upper() if shouted else entry)
    sent = f"{scheme}://{host}" + (f":{port}" if port not in {None, usual} else "")
    assert listed.lists(sent)
    assert not listed.lists(f"{sent}0")
    assert not listed.lists(f"{scheme}://x{host}")
    assert Origins.parse(" ".join(listed.listed)) == listed


def test_one_label_may_be_left_open() -> None:
    listed = Origins.parse("https://*.Preview.example.com:8443")
    for label in ("pr-7", "main", "a_b", "7"):
        assert listed.lists(f"https://{label}.preview.example.com:8443")
    for other in (
        "https://preview.example.com:8443",
        "https://a.b.preview.example.com:8443",
        "https://.preview.example.com:8443",
        "https://*.preview.example.com:8443",
        "https://a.preview.example.com",
        "http://a.preview.example.com:8443",
        "https://a.preview.example.com:8443.evil.com",
        "https://evil.com#.preview.example.com:8443",
        "https://evil.com/.preview.example.com:8443",
        "https://a@b.preview.example.com:8443",
        "https://A.preview.example.com:8443",
        "a.preview.example.com:8443",
    ):
        assert not listed.lists(other), other


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("*", "name each"),
        ("null", "can't be told"),
        ("file:///", "can't be told"),
        ("x.com", "write https://x.com"),
        ("localhost:3000", "has no scheme"),
        ("https://x.com/path", "write https://x.com"),
        ("https://x.com/?a", "more than an origin"),
        ("https://x.com#", "more than an origin"),
        ("https://bücher.example", "ASCII"),
        ("wss://x.com:1", "write https://x.com:1"),
        ("ws://x.com", "write http://x.com"),
        ("http://localhost:*", "one number"),
        ("https://x.com:99999", "one number"),
        ("https://*", "isn't an origin"),
        ("https://*.com", "too wide"),
        ("https://*.com.", "too wide"),
        ("http://*.preview.example.com", "too wide"),
        ("https://pr-*.example.com", "isn't an origin"),
        ("https://a.*.example.com", "isn't an origin"),
        ("https://*.*.example.com", "isn't an origin"),
        ("https://a..example", "isn't an origin"),
        ('["https://x.com"]', "isn't an origin"),
        ('"https://x.com"', "isn't an origin"),
        ("https://[::1", "isn't an origin"),
        ("https://[::g]", "isn't an origin"),
        ("https://", "isn't an origin"),
        ("://x.com", "isn't an origin"),
    ],
)
def test_what_no_page_is_at_is_refused_in_words(entry: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Origins.parse(f"https://a.example,{entry}")


@pytest.mark.parametrize(
    "entry", ["https://me:hush@x.com", "me:hush@x.com", "https://hush@x.com/a"]
)
def test_a_password_in_an_origin_is_not_repeated(entry: str) -> None:
    with pytest.raises(ValueError, match="has no user") as caught:
        Origins.parse(entry)
    assert "hush" not in str(caught.value)


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
    assert not other_site(origin, fetch_site, "here:8000", KNOWN)


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
    allowed = Origins.parse("https://a.example")
    assert shared_headers("https://a.example", NONE) == []
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
