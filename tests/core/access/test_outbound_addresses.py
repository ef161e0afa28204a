"""Which addresses a configured URL may lead to."""

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.core.access.outbound_addresses import PrivateAllowance, kind_of

PUBLIC_ONLY = PrivateAllowance()


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1",
        "52.94.133.131",
        "172.32.0.1",
        "192.169.0.1",
        "2606:4700:4700::1111",
        "2a05:d018::1",
    ],
)
def test_public_addresses_may_be_called(address: str) -> None:
    assert PUBLIC_ONLY.allows(address)


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("0.0.0.0", "unspecified"),  # noqa: S104 an address to refuse
        ("10.1.2.3", "private"),
        ("100.64.0.1", "shared by a carrier"),
        ("127.0.0.1", "loopback"),
        ("127.255.255.254", "loopback"),
        ("169.254.169.254", "link-local"),
        ("169.254.170.2", "link-local"),
        ("172.31.255.255", "private"),
        ("192.0.0.192", "reserved"),
        ("192.168.0.1", "private"),
        ("198.19.0.1", "reserved"),
        ("203.0.113.9", "reserved"),
        ("224.0.0.1", "multicast"),
        ("255.255.255.255", "reserved"),
        ("::", "unspecified"),
        ("::1", "loopback"),
        ("::7f00:1", "reserved"),
        ("64:ff9b:1::a9fe:a9fe", "reserved"),
        ("100::1", "reserved"),
        ("2001::1", "reserved"),
        ("2001:db8::1", "reserved"),
        ("fc00::1", "private"),
        ("fd00:ec2::254", "link-local"),
        ("fe80::1", "link-local"),
        ("fe80::1%eth0", "link-local"),
        ("fec0::1", "reserved"),
        ("ff02::1", "multicast"),
    ],
)
def test_others_may_not(address: str, kind: str) -> None:
    assert kind_of(ip_address(address)) == kind
    assert not PUBLIC_ONLY.allows(address)


METADATA_IN_IPV6 = [
    "::ffff:169.254.169.254",
    "::ffff:a9fe:a9fe",
    "64:ff9b::a9fe:a9fe",
    "2002:a9fe:a9fe::1",
]


@pytest.mark.parametrize("address", METADATA_IN_IPV6)
def test_an_ipv4_address_in_ipv6_s_clothes_is_judged_as_what_it_is(address: str) -> None:
    assert not PUBLIC_ONLY.allows(address)


@pytest.mark.parametrize("address", ["::ffff:1.1.1.1", "64:ff9b::101:101", "2002:101:101::1"])
def test_a_public_one_may_be_called_in_them(address: str) -> None:
    assert PUBLIC_ONLY.allows(address)


@pytest.mark.parametrize(
    "spelling",
    [
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "127.1",
        "127.000.000.001",
        "0x7f.0.0.1",
        "",
        "hook",
    ],
)
def test_an_unusual_spelling_is_no_address(spelling: str) -> None:
    assert not PUBLIC_ONLY.allows(spelling)


@given(st.ip_addresses())
def test_nothing_is_called_that_python_says_is_not_global(ip: IPv4Address | IPv6Address) -> None:
    """Python's own table of the same registries, but for what IPv6 wraps."""
    wrapped = isinstance(ip, IPv6Address) and (ip.ipv4_mapped or ip.sixtofour)
    if not ip.is_global and not wrapped:
        assert not PUBLIC_ONLY.allows(str(ip))


@given(st.ip_addresses(v=4, network="169.254.0.0/16"))
def test_no_link_local_address_is_ever_called_by_a_host_s_name(ip: IPv4Address) -> None:
    allowance = PrivateAllowance.parse("hooks.internal")
    assert allowance.names("Hooks.Internal.")
    assert not allowance.allows(str(ip), named=True)
    assert not allowance.allows(f"::ffff:{ip}", named=True)


def test_a_host_that_is_allowed_may_lead_to_private_addresses() -> None:
    allowance = PrivateAllowance.parse("hooks.internal")
    for address in ("10.0.0.1", "127.0.0.1", "100.64.0.1", "fd12::1", "::ffff:10.0.0.1"):
        assert allowance.allows(address, named=True)
        assert not allowance.allows(address)
    assert not allowance.names("internal")
    assert not allowance.names("evil.hooks.internal")


def test_a_network_that_is_allowed_may_be_called_by_whatever_leads_there() -> None:
    allowance = PrivateAllowance.parse(" 10.20.0.0/16, 192.168.1.7,fd12::/16, [::1],")
    for address in ("10.20.3.4", "::ffff:10.20.3.4", "192.168.1.7", "fd12::1", "::1"):
        assert allowance.allows(address)
    for address in ("10.21.0.1", "192.168.1.8", "fd13::1", "127.0.0.1"):
        assert not allowance.allows(address)


@pytest.mark.parametrize(
    "text", ["10.0.0.1/8", "10.0.0", "https://hooks.internal", "a b", "*.internal"]
)
def test_what_is_neither_host_nor_network_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is neither a host nor a network"):
        PrivateAllowance.parse(text)
