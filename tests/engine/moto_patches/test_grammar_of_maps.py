"""Fields of a Map that moto's grammar lacks."""

import json

from handrail.engine.moto_patches.grammar_of_maps import in_its_grammar
from tests.engine.engine_fixture import one_state


def test_whole_percentages_and_express_children_are_put_otherwise() -> None:
    processor = one_state(Type="Pass") | {"ProcessorConfig": {"ExecutionType": "EXPRESS"}}
    state = one_state(Type="Map", ToleratedFailurePercentage=5, ItemProcessor=processor)
    put = json.loads(in_its_grammar(json.dumps(state)))["States"]["A"]
    assert repr(put["ToleratedFailurePercentage"]) == "5.0"
    assert put["ItemProcessor"]["ProcessorConfig"] == {"ExecutionType": "STANDARD"}


def test_other_definitions_stay_as_they_are() -> None:
    for text in ('{"EXPRESS": 1}', "{", json.dumps(one_state(Type="Pass"))):
        assert in_its_grammar(text) == text
