"""Definitions whose states are changed before they are read."""

import json
from typing import Any

from handrail.core.definition.definition import QueryLanguage
from handrail.engine.moto_patches.definitions_rewritten import with_states_changed
from tests.engine.engine_fixture import PASS, one_state


def _rename(raw: dict[str, Any], language: QueryLanguage) -> bool:
    was = raw.pop("Comment", None)
    raw.update({"Comment": f"{was}, {language}"} if was else {})
    return was is not None


def test_each_state_is_changed_at_any_depth() -> None:
    inner = one_state("I", Type="Pass", Comment="in", QueryLanguage="JSONata")
    outer = one_state(Type="Map", Comment="out", ItemProcessor=inner)
    changed = json.loads(with_states_changed(json.dumps(outer), _rename))["States"]["A"]
    assert changed["Comment"] == "out, JSONPath"
    assert changed["ItemProcessor"]["States"]["I"]["Comment"] == "in, JSONata"


def test_what_is_not_changed_stays_as_it_is_written() -> None:
    for text in ("{", "[]", json.dumps(PASS, indent=3)):
        assert with_states_changed(text, _rename) == text
