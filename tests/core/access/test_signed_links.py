"""Signed links: what is signed reads back, and nothing else does."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.core.access.signed_links import LONGEST, MAX_TTL_S, Keyring, Link, expiry, ordered
from handrail.core.errors import LinkExpired, LinkInvalid, LinksUnavailable
from handrail.core.history.outcomes import Outcome
from handrail.core.models import ExecutionId, rfc3339

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
OLD, NEW = f"old:{'o' * 32}", f"new:{'n' * 32}"
BOTH = (Outcome.SUCCESS, Outcome.FAILURE)
KEYS = Keyring.parse(NEW)
LINK = Link(ExecutionId.parse("order:7f3c"), 14, BOTH, NOW + timedelta(hours=1))

names = st.text(st.characters(exclude_characters=":/", exclude_categories=["Cs"]), min_size=1)
links = st.builds(
    Link,
    st.builds(ExecutionId, names, names, st.none() | names),
    st.integers(1, 25_000),
    st.sampled_from([BOTH, BOTH[:1], BOTH[1:]]),
    st.datetimes(datetime(2026, 1, 2), datetime(2100, 1, 1)).map(
        lambda at: at.replace(microsecond=0, tzinfo=UTC)
    ),
    st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
)


@given(links)
def test_what_is_signed_reads_back(link: Link) -> None:
    signed = KEYS.sign(link)
    if len(signed) <= LONGEST:
        assert KEYS.read(signed, NOW) == link


def test_the_text_is_safe_in_a_url_and_short() -> None:
    signed = KEYS.sign(LINK)
    assert set(signed) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")
    assert len(signed) < 120


def test_the_same_link_is_the_same_text() -> None:
    assert KEYS.sign(LINK) == Keyring.parse(f"{NEW},{OLD}").sign(LINK)


TAILS = [".", ">", ")", " ", "/", ",;", "\r\n", '"', "&gt;", "_*", "=", "»"]


@pytest.mark.parametrize("tail", TAILS)
def test_punctuation_that_was_taken_for_its_end_does_no_harm(tail: str) -> None:
    assert KEYS.read(KEYS.sign(LINK) + tail, NOW) == LINK


@pytest.mark.parametrize("tail", ["A", ".A", "é", "/x", "&gt", "%3E"])
def test_more_than_punctuation_does(tail: str) -> None:
    with pytest.raises(LinkInvalid, match="changed on its way"):
        KEYS.read(KEYS.sign(LINK) + tail, NOW)


@pytest.mark.parametrize("place", range(len(KEYS.sign(LINK))))
def test_no_character_can_be_changed(place: int) -> None:
    """Not even the last of each part, whose unused bits base64 doesn't look at."""
    signed = KEYS.sign(LINK)
    for letter in "AQgwz09-_.=":
        changed = f"{signed[:place]}{letter}{signed[place + 1 :]}"
        if changed != signed:
            with pytest.raises(LinkInvalid):
                KEYS.read(changed, NOW)


@pytest.mark.parametrize(
    "text", ["", ".", "..", "a", "a.b", "ü.ü", "\ud800", "=.=", "A" * 4096, "bmV3OjE0.x", "%00"]
)
def test_what_never_was_a_link_is_invalid(text: str) -> None:
    with pytest.raises(LinkInvalid) as caught:
        KEYS.read(text, NOW)
    assert not text or text in {".", "a"} or text not in caught.value.detail


@given(st.text() | st.from_regex(r"[A-Za-z0-9_-]{1,80}\.[A-Za-z0-9_-]{1,50}"))
def test_nothing_else_reads_as_a_link(text: str) -> None:
    with pytest.raises(LinkInvalid):
        KEYS.read(text, NOW)


@pytest.mark.parametrize("part", [slice(0, -1), slice(1, None), slice(0, 40)])
def test_a_link_cut_off_is_invalid(part: slice) -> None:
    with pytest.raises(LinkInvalid):
        KEYS.read(KEYS.sign(LINK)[part], NOW)


def test_a_link_by_another_secret_of_the_same_key_id_is_invalid() -> None:
    with pytest.raises(LinkInvalid):
        Keyring.parse(f"new:{'x' * 32}").read(KEYS.sign(LINK), NOW)


def test_a_link_holds_up_to_its_end_and_not_at_it() -> None:
    signed = KEYS.sign(LINK)
    assert KEYS.read(signed, LINK.expires_at - timedelta(microseconds=1)) == LINK
    with pytest.raises(LinkExpired):
        KEYS.read(signed, LINK.expires_at)


def test_an_expired_link_that_was_changed_is_invalid_and_not_expired() -> None:
    with pytest.raises(LinkInvalid):
        KEYS.read(KEYS.sign(LINK)[:-1], LINK.expires_at)


def test_keys_are_rotated_by_putting_a_new_one_in_front() -> None:
    before, during, after = Keyring.parse(OLD), Keyring.parse(f"{NEW}, {OLD}"), Keyring.parse(NEW)
    old, new = before.sign(LINK), during.sign(LINK)
    assert during.read(old, NOW) == during.read(new, NOW) == after.read(new, NOW) == LINK
    with pytest.raises(LinkInvalid):
        after.read(old, NOW)


def test_without_a_key_no_link_is_made_and_none_is_good() -> None:
    assert not Keyring()
    with pytest.raises(LinksUnavailable):
        Keyring().sign(LINK)
    with pytest.raises(LinkInvalid):
        Keyring().read(KEYS.sign(LINK), NOW)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no-colon-in-here-and-long-enough-to-be-one",
        f":{'s' * 32}",
        f"b d:{'s' * 32}",
        f"{'i' * 33}:{'s' * 32}",
        f"a:{'s' * 31}",
        f"{NEW},",
        f"{NEW},new:{'y' * 40}",
    ],
)
def test_keys_that_cant_be_used_are_refused_without_showing_a_secret(text: str) -> None:
    with pytest.raises(ValueError, match=r"^(key \d|the )") as caught:
        Keyring.parse(text)
    for secret in ("nnn", "sss", "yyy", "no-colon"):
        assert secret not in str(caught.value)


def test_a_secret_may_hold_colons_and_is_never_shown() -> None:
    keys = Keyring.parse(f"a:b:{'c' * 32}")
    assert keys.read(keys.sign(LINK), NOW) == LINK
    assert "ccc" not in repr(vars(keys))


def test_a_link_never_outlives_its_task() -> None:
    soon = NOW + timedelta(minutes=5)
    assert expiry(NOW, 3600, None) == NOW + timedelta(hours=1)
    assert expiry(NOW, 3600, soon) == soon
    assert expiry(NOW, 60, soon) == NOW + timedelta(minutes=1)
    assert expiry(NOW, 3600, soon + timedelta(milliseconds=999)) == soon


def test_no_link_outlives_the_time_after_which_a_name_can_be_taken_again() -> None:
    assert expiry(NOW, 10 * MAX_TTL_S, None) == NOW + timedelta(days=90)


def test_actions_stand_once_each_and_in_order() -> None:
    assert ordered([Outcome.FAILURE, Outcome.SUCCESS, Outcome.FAILURE]) == BOTH
    assert ordered([Outcome.FAILURE]) == BOTH[1:]


@given(st.text(st.characters(exclude_categories=["Cs"])), st.sampled_from([b"a\n", b"b\n"]))
def test_a_text_is_sealed_for_one_purpose(content: str, purpose: bytes) -> None:
    sealed = KEYS.seal(purpose, content)
    assert KEYS.unseal(purpose, sealed) == content
    assert not any(opens(other, sealed) for other in (b"", b"a\nb", b"c\n"))


def opens(purpose: bytes, text: str) -> bool:
    try:
        KEYS.unseal(purpose, text)
    except ValueError:
        return False
    return True


def test_what_is_sealed_for_another_purpose_is_no_link() -> None:
    signed = KEYS.sign(LINK)
    content = f"14:{int(LINK.expires_at.timestamp())}:sf:{LINK.execution}"
    assert KEYS.seal(b"handrail link 1\n", content) == signed
    with pytest.raises(LinkInvalid):
        KEYS.read(KEYS.seal(b"handrail token 1\n", content), NOW)


@pytest.mark.parametrize("text", ["", ".", "a.b", "é", "\ud800", "!", "azE6.x"])
def test_what_was_never_sealed_reads_as_nothing(text: str) -> None:
    assert not opens(b"a\n", text)


@pytest.mark.parametrize(
    "name", ["ada@example.com", "Ada Lovelace: CFO", "Ελένη" * 24, "\U0001f600" * 120]
)
def test_whom_a_link_is_for_is_signed_along(name: str) -> None:
    link = replace(LINK, meant_for=name)
    signed = KEYS.sign(link)
    assert KEYS.read(signed, NOW) == link
    assert len(signed) < LONGEST - 400
    assert signed != KEYS.sign(LINK)


def test_a_link_that_has_expired_says_when() -> None:
    with pytest.raises(LinkExpired) as expired:
        KEYS.read(KEYS.sign(LINK), LINK.expires_at)
    assert expired.value.facts == {"expired_at": rfc3339(LINK.expires_at)}
