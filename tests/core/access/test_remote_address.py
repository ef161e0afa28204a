"""Whose address a request comes from."""

import pytest

from handrail.core.access.remote_address import remote_address

PEER, CLIENT, CLAIMED = "10.0.0.7", "203.0.113.17", "198.51.100.1"


@pytest.mark.parametrize(
    ("forwarded", "proxies", "address"),
    [
        ([], 0, PEER),
        ([CLIENT], 0, PEER),
        ([CLIENT], 1, CLIENT),
        ([f"{CLAIMED}, {CLIENT}"], 1, CLIENT),
        ([CLAIMED, CLIENT], 1, CLIENT),
        ([f"{CLAIMED},{CLIENT}, 10.0.0.9"], 2, CLIENT),
        ([f"{CLIENT}:4711"], 1, CLIENT),
        (["[2001:db8::1]:4711"], 1, "2001:db8::1"),
        (["2001:DB8::1"], 1, "2001:db8::1"),
    ],
)
def test_only_what_a_proxy_of_ours_wrote_counts(
    forwarded: list[str], proxies: int, address: str
) -> None:
    assert remote_address(PEER, forwarded, proxies=proxies) == address


@pytest.mark.parametrize("forwarded", [[], [""], [",,,"], ["a secret"], [f"{CLIENT}, unknown"]])
def test_who_came_by_another_way_has_the_peer_s(forwarded: list[str]) -> None:
    assert remote_address(PEER, forwarded, proxies=1) == PEER


def test_too_few_entries_are_none_of_a_proxy_s() -> None:
    assert remote_address(PEER, [CLAIMED], proxies=2) == PEER


@pytest.mark.parametrize("peer", [None, "", "testclient"])
def test_nothing_is_made_up(peer: str | None) -> None:
    assert remote_address(peer, [], proxies=0) is None
