"""The address of the bus, as operators write it."""

import pytest

from handrail.core.bus_address import BusAddress


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("redis://bus", BusAddress("bus")),
        ("redis://bus:7000/3", BusAddress("bus", 7000, db=3)),
        ("redis://bus?db=3", BusAddress("bus", db=3)),
        ("rediss://bus", BusAddress("bus", tls=True)),
        ("redis://:s3%40cret@bus", BusAddress("bus", password="s3@cret")),
        ("redis://app:x@[::1]:1", BusAddress("::1", 1, username="app", password="x")),
        ("redis+cluster://bus", BusAddress("bus", cluster=True)),
        ("rediss+cluster://bus", BusAddress("bus", tls=True, cluster=True)),
        ("redis://bus?cluster=1", BusAddress("bus", cluster=True)),
        ("redis://bus?cluster=0", BusAddress("bus", cluster=False)),
        ("rediss://bus/?ssl_ca_certs=/ca.pem", BusAddress("bus", tls=True, ca_file="/ca.pem")),
    ],
)
def test_an_address_is_a_url(url: str, address: BusAddress) -> None:
    assert BusAddress.parse(url) == address


@pytest.mark.parametrize(
    "url",
    [
        "bus:6379",
        "http://s3cret@bus",
        "redis://",
        "redis://app:s3cret@",
        "redis://app:s3cret@bus:port",
        "redis://app:s3#cret@bus",
        "redis://app:s3cret@[::1",
        "redis://:s3cret@bus/one",
        "redis://:s3cret@bus/1?db=2",
        "redis://:s3cret@bus?db=-1",
        "redis://:s3cret@bus?cluster=yes",
        "redis://:s3cret@bus?cluster=1&cluster=1",
        "redis://:s3cret@bus?password=s3cret",
        "redis+cluster://:s3cret@bus/1",
        "redis+cluster://:s3cret@bus?cluster=0",
    ],
)
def test_one_that_cant_be_used_is_refused_without_being_quoted(url: str) -> None:
    with pytest.raises(ValueError, match=r"\w") as refused:
        BusAddress.parse(url)
    assert "s3cret" not in str(refused.value)


def test_its_password_shows_in_no_message() -> None:
    assert "s3cret" not in repr(BusAddress.parse("redis://app:s3cret@bus"))
