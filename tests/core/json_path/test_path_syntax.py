"""Texts that are paths, and that are none."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.core.json_path.path_steps import All, Call, Descent, Elements, Members, Path, Range
from handrail.core.json_path.path_syntax import MalformedPath, parse_path


def test_a_path_is_steps() -> None:
    steps = parse_path("$.a['b','c'][0,-1][1:].*..d.length()").steps
    assert steps == (
        Members(("a",)),
        Members(("b", "c")),
        Elements((0, -1)),
        Range(1, None, None),
        All(),
        Descent(Members(("d",))),
        Call("length", ()),
    )
    assert parse_path("$") == Path(True, ())


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (r"$.store\.book", ["store.book"]),
        (r"$.\stor\e.boo\k", ["store", "book"]),
        (r"$.foo.\.bar", ["foo", ".bar"]),
        (r"$.foo\@bar.baz\[\[.\?pretty", ["foo@bar", "baz[[", "?pretty"]),
        (r"$.\(a\)\ b\\", ["(a) b\\"]),
        ("$.&Ж中.\U00010346", ["&Ж中", "\U00010346"]),
    ],
)
def test_a_backslash_takes_the_next_character_into_a_name(text: str, names: list[str]) -> None:
    assert parse_path(text).steps == tuple(Members((name,)) for name in names)


def test_blanks_may_follow_a_path() -> None:
    assert parse_path("$.a \n") == parse_path("$.a")


def test_a_filter_takes_a_word_without_quotes_for_text() -> None:
    assert parse_path("$.a[?(@.k == Foo)].v") == parse_path("$.a[?(@.k == 'Foo')].v")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "$a",
        "$.",
        "$..",
        "$...a",
        "$.a.",
        "$.a[",
        "$.a[]",
        "$.a[x]",
        "$.a[0,]",
        "$.a['b'",
        "$.a b",
        "$.a\\",
        "$.a]",
        "$.a.nope()",
        "$.a.length(",
        "$.a.length().b",
        "$.a[?(@.b)",
        "$.a[?@.b]",
        "$.a[?(@.b ==)]",
        "$.a[?(@.b == 'c)]",
        "$.a[?(1)]",
        "$.a[?(@.b =~ /(/)]",
        "$.a[?(@.b && )]",
        "$.a[?(@.b in [1)]",
        "$.a[?(@.b in [@.c])]",
        "$.a[(@.length-1)]",
        "$.a[::0]",
    ],
)
def test_what_is_no_path_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(MalformedPath, match=r"at character \d+|begins with"):
        parse_path(text)


@given(st.text(alphabet="$.[]()?@'\"a0*:,=&|! -/\\", max_size=25))
def test_any_text_is_a_path_or_is_refused(text: str) -> None:
    with suppress(MalformedPath):
        assert parse_path("$" + text).from_root
