"""The fields of a distributed Map, moved for moto's grammar and found again."""

import json
from typing import Any

import pytest
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser

from handrail.engine.map_runs.map_fields import MapFields, in_the_grammar
from handrail.engine.moto_patches.patches import installed

READER = {
    "Resource": "arn:aws:states:::s3:getObject",
    "ReaderConfig": {"InputType": "CSV", "MaxItemsPath": "$.most", "CSVHeaders": ["a"]},
    "Parameters": {"Bucket.$": "$.bucket"},
}
BATCHER = {"MaxItemsPerBatchPath": "$.n", "BatchInput": {"k.$": "$.k"}}
WRITER = {
    "Resource": "arn:aws:states:::s3:putObject",
    "Parameters": {"Bucket": "b"},
    "WriterConfig": {"Transformation": "FLATTEN"},
}


def distributed(type: str = "STANDARD", **state: Any) -> dict[str, Any]:
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": type},
        "StartAt": "P",
        "States": {"P": {"Type": "Pass", "End": True}},
    }
    return {"Type": "Map", "ItemProcessor": processor, "End": True, **state}


def machine(state: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"StartAt": "M", "States": {"M": state}, **fields}


def moved(definition: dict[str, Any]) -> Any:
    return json.loads(in_the_grammar(json.dumps(definition)))["States"]["M"]


def test_paths_and_templates_stand_in_the_reader_s_parameters() -> None:
    state = moved(machine(distributed(ItemReader=READER, ItemBatcher=BATCHER, ResultWriter=WRITER)))
    assert state["ItemReader"]["Parameters"] == {
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": {"InputType": "CSV", "MaxItemsPath.$": "$.most", "CSVHeaders": ["a"]},
            "Arguments": {"Bucket.$": "$.bucket"},
        },
        "ItemBatcher": {"MaxItemsPerBatchPath.$": "$.n", "BatchInput": {"k.$": "$.k"}},
        "ResultWriter": {
            "Resource": "arn:aws:states:::s3:putObject",
            "Arguments": {"Bucket": "b"},
            "WriterConfig": {"Transformation": "FLATTEN"},
        },
    }
    assert "ItemBatcher" not in state
    assert "ResultWriter" not in state


def test_expressions_stand_in_its_arguments() -> None:
    state = moved(
        machine(distributed(ItemBatcher={"MaxItemsPerBatch": "{% 2 %}"}), QueryLanguage="JSONata")
    )
    assert state["ItemReader"]["Arguments"] == {"ItemBatcher": {"MaxItemsPerBatch": "{% 2 %}"}}


@pytest.mark.parametrize(
    "definition",
    [
        machine(distributed()),
        machine({"Type": "Map", "ItemProcessor": {"States": {}}, "ItemReader": READER}),
        machine({"Type": "Pass", "Comment": "Map"}),
        {"States": ["Map"]},
        {"States": {"M": "Map"}},
        "Map",
    ],
)
def test_a_definition_without_such_fields_stays_as_it_is(definition: Any) -> None:
    text = json.dumps(definition, indent=1)
    assert in_the_grammar(text) == text


def test_a_whole_percentage_is_a_number_with_a_fraction_in_any_map() -> None:
    state = moved(machine({"Type": "Map", "ToleratedFailurePercentage": 5, "Iterator": {"A": 1}}))
    assert state["ToleratedFailurePercentage"] == 5.0
    assert isinstance(state["ToleratedFailurePercentage"], float)


def test_what_is_no_json_is_the_grammar_s_to_refuse() -> None:
    assert in_the_grammar('{"Map"') == '{"Map"'


def parsed(definition: dict[str, Any]) -> Any:
    with installed():
        return AmazonStateLanguageParser.parse(json.dumps(definition))[0].states.states


def test_the_parsed_state_has_them_at_every_depth() -> None:
    inner = distributed("EXPRESS", ItemBatcher={"MaxItemsPerBatch": 1})
    outer = distributed(ItemReader=READER, ResultWriter=WRITER)
    outer["ItemProcessor"] |= {"StartAt": "I", "States": {"I": inner}}
    parallel = {"Type": "Parallel", "Branches": [machine(outer)], "End": True}
    [branch] = parsed({"StartAt": "M", "States": {"M": parallel}})["M"].branches.programs
    state = branch.states.states["M"]
    fields: MapFields = state.iteration_component.map_fields
    assert (fields.action, fields.exports, fields.express) == ("getObject", True, False)
    assert fields.definition == outer["ItemProcessor"]
    within = fields.tree._states.states["I"]
    assert within.item_reader is None
    assert within.iteration_component.map_fields.express
    assert within.iteration_component.map_fields.payload is not None


def test_a_child_s_definition_says_the_query_language_around_it() -> None:
    states = parsed(machine(distributed(Items=[1]), QueryLanguage="JSONata"))
    fields = states["M"].iteration_component.map_fields
    assert fields.definition["QueryLanguage"] == "JSONata"
    assert fields.payload is None
