"""The credential that a caller shows."""

import pytest

from handrail.core.access.principals import Credential


@pytest.mark.parametrize(
    ("authorization", "key", "shown"),
    [
        (None, None, Credential()),
        ("", " ", Credential()),
        ("Bearer abc", None, Credential(bearer="abc")),
        ("  bearer   abc ", "k", Credential(bearer="abc")),
        ("Bearer ", "k", Credential(key="k")),
        ("Basic abc", None, Credential()),
        ("Basic abc", " k ", Credential(key="k")),
    ],
)
def test_a_bearer_goes_before_a_key(
    authorization: str | None, key: str | None, shown: Credential
) -> None:
    assert Credential.shown(authorization, key) == shown


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({"token": "t"}, Credential(token="t")),
        ({"ticket": "t"}, Credential(ticket="t")),
        ({"token": "t", "ticket": "u"}, Credential(ticket="u", token="t")),
        ({"token": ""}, Credential(token="")),
        ({"access_token": "t"}, Credential(bearer="abc")),
        ({}, Credential(bearer="abc")),
    ],
)
def test_what_stands_in_the_address_goes_before_the_headers(
    query: dict[str, str], shown: Credential
) -> None:
    found = Credential.shown("Bearer abc", "k", query)
    assert found == shown
    assert found.given


def test_a_credential_is_given_by_either_header() -> None:
    assert Credential(bearer="abc").given
    assert Credential(key="abc").given
    assert not Credential().given


def test_a_credential_is_never_written_out() -> None:
    assert "abc" not in repr(Credential("abc", "abc", "abc", "abc"))
