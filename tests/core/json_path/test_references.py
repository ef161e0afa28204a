"""What a field refers to is told by how its path begins."""

import pytest

from handrail.core.json_path.path_syntax import MalformedPath, parse_path
from handrail.core.json_path.references import parse_reference


@pytest.mark.parametrize(
    ("text", "variable", "in_context", "below"),
    [
        ("$.order", None, False, "$.order"),
        ("$", None, False, "$"),
        ("$$.State.Name", None, True, "$.State.Name"),
        ("$$", None, True, "$"),
        ("$order.items[0]", "order", False, "$.items[0]"),
        ("$ü_1", "ü_1", False, "$"),
    ],
)
def test_a_path_tells_what_it_begins_with(
    text: str, variable: str | None, in_context: bool, below: str
) -> None:
    reference = parse_reference(text)
    assert (reference.variable, reference.in_context) == (variable, in_context)
    assert reference.below == parse_path(below)


@pytest.mark.parametrize("text", ["", "a", ".a", " $.a", "$$$", "$1", "$a b", "$$a", "States.A()"])
def test_what_refers_to_nothing_is_refused(text: str) -> None:
    with pytest.raises(MalformedPath):
        parse_reference(text)
