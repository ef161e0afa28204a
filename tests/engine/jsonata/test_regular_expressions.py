"""JavaScript's regular expressions, each with what it finds in a text."""

import pytest
from jsonata.jexception import JException
from jsonata.regex_engine import RegexFlags

from handrail.engine.jsonata.regular_expressions import RegularExpression


def found(pattern: str, text: str, **flags: bool) -> list[str]:
    compiled = RegularExpression(pattern, RegexFlags(**flags), lambda: 1.0)
    return [match[0] for match in compiled.finditer(text)]


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        (r"\d", "1\u0661", ["1"]),
        (r"\w+", "aü_1", ["a", "_1"]),
        (r"\s", "\u00a0\ufeff", ["\u00a0", "\ufeff"]),
        (r"\bb", "ab üb b", ["b", "b"]),
        (r"a$", "a\n", []),
        (r"a.b", "a\rb a\nb axb", ["axb"]),
        (r"a{b", "a{b", ["a{b"]),
        (r"a{2}", "aaa", ["aa"]),
        (r"(?<x>a)\k<x>", "aa", ["aa"]),
        (r"[^]", "\n", ["\n"]),
        (r"[[a]", "[a", ["[", "a"]),
        (r"[\d\-x]+", "1-x", ["1-x"]),
        (r"[^\W_]+", "a_b", ["a", "b"]),
        (r"[\D1]+", "a12", ["a1"]),
        (r"(?<=a)b", "ab", ["b"]),
        (r"a\/b", "a/b", ["a/b"]),
        (r"\cJ", "\n", ["\n"]),
    ],
)
def test_a_pattern_means_what_it_means_in_javascript(
    pattern: str, text: str, matches: list[str]
) -> None:
    assert found(pattern, text) == matches


def test_flags_are_kept() -> None:
    assert found("É", "é", case_insensitive=True) == ["é"]
    assert found("^b$", "a\nb\nc", multiline=True) == ["b"]


def test_what_is_no_pattern_says_so() -> None:
    with pytest.raises(JException, match="Invalid regular expression"):
        found("(", "a")
