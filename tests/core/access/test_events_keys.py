"""The keys of status changes: one or two, long enough, and told apart from all others."""

import pytest

from handrail.core.access.events_keys import EventsKeys

NEW, OLD = "n" * 16, "o" * 512


def test_either_of_two_opens_and_no_other_does() -> None:
    keys = EventsKeys.parse(f"{NEW}, {OLD}")
    assert keys
    assert keys.opened_by(NEW)
    assert keys.opened_by(OLD)
    for shown in ("", NEW[:-1], NEW + "n", f"{NEW},{OLD}", "ñ" * 16, "\ud800"):
        assert not keys.opened_by(shown)


def test_without_any_nothing_opens() -> None:
    assert not EventsKeys()
    assert not EventsKeys().opened_by("")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("n" * 15, "secret 1 must have 16"),
        (f"{NEW},", "secret 2 must have 16"),
        ("n" * 513, "secret 1 must have 16"),
        ("sixteen with blanks", "secret 1 must have 16"),
        ("ñ" * 16, "secret 1 must have 16"),
        (f"{NEW},{OLD},{NEW}", "2 secrets at most"),
    ],
)
def test_what_is_no_key_is_refused_and_never_quoted(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said) as caught:
        EventsKeys.parse(text)
    assert text.split(",", maxsplit=1)[0] not in str(caught.value)


def test_it_shows_no_key() -> None:
    assert NEW not in repr(EventsKeys.parse(NEW))
