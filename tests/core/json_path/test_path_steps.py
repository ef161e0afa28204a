"""Which paths find one place only."""

import pytest

from handrail.core.json_path.path_syntax import parse_path


@pytest.mark.parametrize(
    ("text", "definite", "one_place"),
    [
        ("$", True, True),
        ("$.a[0]['b']", True, True),
        ("$['a','b']", True, False),
        ("$['a','b'].c", False, False),
        ("$[0,1]", False, False),
        ("$[0:1]", False, False),
        ("$[*]", False, False),
        ("$..a", False, False),
        ("$[?(@.a)]", False, False),
        ("$[*].length()", True, False),
    ],
)
def test_some_do(text: str, *, definite: bool, one_place: bool) -> None:
    path = parse_path(text)
    assert (path.definite, path.names_one_place) == (definite, one_place)
