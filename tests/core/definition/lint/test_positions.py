"""Places in a definition are found in its text, and written as AWS writes them."""

import json

from hypothesis import given
from hypothesis import strategies as st

from handrail.core.definition.lint.positions import lines, location
from handrail.core.models import Json

TEXT = """{
  "StartAt": "A",
  "States": {
    "A": {"Type": "Pass", "Next": "B.c [1]"},
    "B.c [1]": {
      "Type": "Parallel",
      "Branches": [
        {"StartAt": "C",
         "States": {"C": {"Type": "Wait"}}},
        {"StartAt": "\\u0044", "States": {
          "\\u0044": {"Comment": "}],{[\\"", "Type": "Succeed"}}}
      ]
    }
  }
}"""


def test_each_path_has_its_line() -> None:
    expected = {
        "": 1,
        "StartAt": 2,
        "States.A": 4,
        "States.A.Next": 4,
        "States.B.c [1].Type": 6,
        "States.B.c [1].Branches[0]": 8,
        "States.B.c [1].Branches[0].States.C.Type": 9,
        "States.B.c [1].Branches[1].States.D.Type": 11,
    }
    assert lines(TEXT, expected) == expected


def test_what_is_missing_is_where_it_would_be() -> None:
    assert lines(TEXT, ["States.A.Resource", "States.B.c [1].Branches[1].Nope", "Nope"]) == {
        "States.A.Resource": 4,
        "States.B.c [1].Branches[1].Nope": 10,
        "Nope": 1,
    }


def test_a_location_is_written_as_aws_does() -> None:
    raw = json.loads(TEXT)
    assert location(raw, "") == "/"
    assert location(raw, "States.A.Next") == "/States/A/Next"
    assert location(raw, "States.A.Parameters") == "/States/A/Parameters"
    deep = "States.B.c [1].Branches[1].States.D.Type"
    assert location(raw, deep) == "/States/B.c [1]/Branches[1]/States/D/Type"


KEYS = st.text('ab"\\{}[]:,é\n', min_size=1, max_size=4)
TREES = st.recursive(
    st.one_of(st.none(), st.integers(), st.text('a"\\{}[],:\n')),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=12,
)


@given(st.dictionaries(KEYS, TREES, min_size=1, max_size=4), st.booleans())
def test_whatever_the_keys_and_texts_each_is_found_on_its_line(
    raw: dict[str, Json],
    ascii_only: bool,
) -> None:
    text = json.dumps(raw, indent=1, ensure_ascii=ascii_only)
    written = text.split("\n")

    for key, line in lines(text, list(raw)).items():
        if not any(other != key and key.startswith(f"{other}[") for other in raw):
            assert written[line - 1].startswith(f" {json.dumps(key, ensure_ascii=ascii_only)}:")
