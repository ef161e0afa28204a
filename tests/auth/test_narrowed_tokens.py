"""Tokens for browsers: what an active key signed for this purpose, until it ends."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.auth.narrowed_tokens import LONGEST, PREFIX, NarrowedTokens
from handrail.core.access.principals import AccessScope, Grant, Principal
from handrail.core.access.signed_links import Keyring, Link
from handrail.core.errors import (
    CredentialExpired,
    InvalidRequest,
    LinkInvalid,
    TokensUnavailable,
    Unauthenticated,
)
from handrail.core.history.outcomes import Outcome
from handrail.core.models import ExecutionId
from tests.fakes import BEGIN, FakeClock

OLD, NEW = f"old:{'o' * 32}", f"new:{'n' * 32}"
END = BEGIN + timedelta(seconds=60)
WHO = Principal("ada", (Grant(AccessScope.READ),), ("order-*",), END, ("price:1",))


def tokens(keys: str = NEW, clock: FakeClock | None = None) -> NarrowedTokens:
    return NarrowedTokens(Keyring.parse(keys), clock or FakeClock())


def test_a_token_tells_at_any_replica_whom_it_was_made_for() -> None:
    text = tokens().issue(WHO)
    assert tokens().principal_of(text) == WHO
    assert text.startswith(PREFIX)
    assert set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")


async def test_it_expires() -> None:
    clock = FakeClock()
    made = tokens(clock=clock)
    text = made.issue(replace(WHO, expires_at=BEGIN + timedelta(seconds=0.5)))
    assert made.principal_of(text).name == "ada"
    await clock.advance(0.5)
    with pytest.raises(CredentialExpired):
        made.principal_of(text)


def test_keys_are_changed_as_for_links() -> None:
    before = tokens(OLD).issue(WHO)
    assert tokens(f"{NEW},{OLD}").principal_of(before) == WHO
    with pytest.raises(Unauthenticated):
        tokens(NEW).principal_of(before)


def test_without_a_key_none_is_made_and_none_is_known() -> None:
    none = NarrowedTokens(Keyring(), FakeClock())
    with pytest.raises(TokensUnavailable):
        none.issue(WHO)
    with pytest.raises(Unauthenticated):
        none.principal_of(tokens().issue(WHO))


@given(st.integers(0, 500), st.characters())
def test_a_changed_token_is_nobodys(place: int, letter: str) -> None:
    text = tokens().issue(WHO)
    place %= len(text)
    changed = text[:place] + letter + text[place + 1 :]
    if changed != text:
        with pytest.raises(Unauthenticated):
            tokens().principal_of(changed)


@pytest.mark.parametrize(
    "text",
    ["", PREFIX, f"{PREFIX}.", f"{PREFIX}a.b", f"{PREFIX}{'a' * 9000}", "\ud800", f"{PREFIX}é.é"],
)
def test_what_is_no_token_is_nobodys(text: str) -> None:
    with pytest.raises(Unauthenticated):
        tokens().principal_of(text)


def test_a_link_is_no_token_and_a_token_no_link() -> None:
    """Though the same key signs both."""
    keys = Keyring.parse(NEW)
    link = keys.sign(Link(ExecutionId.parse("order:1"), 7, (Outcome.SUCCESS,), END))
    with pytest.raises(Unauthenticated):
        tokens().principal_of(PREFIX + link)
    with pytest.raises(LinkInvalid):
        keys.read(tokens().issue(WHO).removeprefix(PREFIX), BEGIN)


def test_a_token_that_no_address_takes_isnt_made() -> None:
    with pytest.raises(InvalidRequest, match="names too much") as caught:
        tokens().issue(replace(WHO, executions=tuple(f"order:{'x' * 80}{n}" for n in range(60))))
    assert f"{LONGEST:,}" in caught.value.detail


def test_it_shows_in_no_representation() -> None:
    assert "n" * 32 not in repr(tokens())
