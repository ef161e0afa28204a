"""Paths are read as Jayway reads them, and reference paths told from the rest."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.core.definition.lint.json_paths import MalformedPath, read_path

DEFINITE = [
    "$", "$$", "$.a", "$.a.b[0].c", "$['a b'].c", '$["a"]', "$.a-b", "$.ü", "$.['a']", "$.a[-1]",
    "$order", "$order.items[0]", "$$.Execution.Id",
]  # fmt: skip
INDEFINITE = [
    "$..id", "$.a[*]", "$.*", "$.a[1,2]", "$['a','b']", "$.a[1:]", "$.a[:-1]", "$.a[0:9:2]",
    "$.a[?(@.n > 9)].n", "$.a[?(@.id =~ /x].*?/i)].id", "$.a[?(@.k == 'it\\'s ]')]",
    "$.a[?(@.k == unquoted)].v", "$.a[(@.length-1)]", "$.a.length()", "$.a.sum($.b[0])",
]  # fmt: skip
MALFORMED = [
    "", "a", ".a", "..a", "()", "$.", "$...", "$.a.", "$.a..", "$.a[", "$.a[]", "$.a[x]", "$.a]",
    "$.a b", "$$$", "$.a[?()]", "$.a['b]", "States.UUID()", "$.a[?(@.b]", " $.a",
]  # fmt: skip


@pytest.mark.parametrize("text", DEFINITE)
def test_a_definite_path_can_be_a_reference_path(text: str) -> None:
    assert read_path(text).definite


@pytest.mark.parametrize("text", INDEFINITE)
def test_an_indefinite_path_is_a_path(text: str) -> None:
    assert not read_path(text).definite


@pytest.mark.parametrize("text", MALFORMED)
def test_what_is_no_path_is_refused(text: str) -> None:
    with pytest.raises(MalformedPath):
        read_path(text)


def test_a_path_tells_what_it_begins_with() -> None:
    assert read_path("$order.id").variable == "order"
    assert read_path("$.order").variable is None
    assert (read_path("$$.State").context, read_path("$.State").context) == (True, False)


@given(st.lists(st.one_of(st.integers(0, 99), st.text("aé_-", min_size=1)), max_size=6))
def test_any_steps_make_a_path(steps: list[int | str]) -> None:
    dotted = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
    quoted = "".join(f"[{step!r}]" for step in steps)

    assert read_path(f"${dotted}").definite
    assert read_path(f"${quoted}").end == len(quoted) + 1


@given(st.text("$.[]()'?@*,: aA0\\"))
def test_whatever_is_given_is_read_or_refused(text: str) -> None:
    with suppress(MalformedPath):
        assert read_path(text).end <= len(text)
