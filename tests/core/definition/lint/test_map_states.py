"""A Map reads, batches and writes its items as AWS knows it."""

import pytest

from handrail.core.definition.lint.findings import Severity
from handrail.core.models import Json
from tests.core.definition.lint.linted import INNER, found

READER = "arn:aws:states:::s3:getObject"
FAR: dict[str, Json] = {
    **INNER, "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
}  # fmt: skip


def mapping(**fields: Json) -> dict[str, Json]:
    return {"A": {"Type": "Map", "ItemProcessor": FAR, "MaxConcurrency": 1, "End": True, **fields}}


@pytest.mark.parametrize(
    ("code", "states"),
    [
        ("missing-item-processor", {"A": {"Type": "Map", "End": True}}),
        ("exclusive-fields", mapping(ToleratedFailureCount=1, ToleratedFailureCountPath="$.n")),
        ("exclusive-fields", mapping(ItemSelector={}, Parameters={})),
        ("exclusive-fields", mapping(ItemReader={
            "Resource": READER, "ReaderConfig": {"MaxItems": 1, "MaxItemsPath": "$.n"}})),
        ("exclusive-fields", mapping(ItemBatcher={
            "MaxItemsPerBatch": 2, "MaxItemsPerBatchPath": "$.n"})),
        ("out-of-range", mapping(ToleratedFailurePercentage=101)),
        ("out-of-range", mapping(MaxConcurrency=-1)),
        ("wrong-type", mapping(ItemReader={
            "Resource": READER, "ReaderConfig": {"InputType": "XML"}})),
        ("unknown-integration", mapping(ItemReader={"Resource": READER + "s"})),
        ("missing-resource", mapping(ItemReader={"Parameters": {}})),
        ("unknown-field", mapping(ResultWriter={"Resource": "arn:aws:states:::s3:putObject",
                                                "Bucket": "b"})),
        ("foreign-field", mapping(QueryLanguage="JSONata", ItemBatcher={
            "MaxItemsPerBatchPath": "$.n"})),
        ("bad-label", mapping(Label="not a label")),
    ],
)  # fmt: skip
def test_it_is_an_error(code: str, states: dict[str, Json]) -> None:
    finding = found(states)[code]

    assert (finding.severity, finding.state) == (Severity.ERROR, "A")


def test_labels_are_unique() -> None:
    [first] = mapping(Label="same").values()
    inner = {"StartAt": "B", "States": {"B": {**first, "ItemProcessor": {**FAR, **INNER}}}}
    outer = {**first, "ItemProcessor": {**FAR, **inner}}

    assert found({"A": outer})["bad-label"].state == "B"


@pytest.mark.parametrize(
    "fields",
    [
        {"ResultWriter": {"WriterConfig": {"OutputType": "JSONL", "Transformation": "COMPACT"}}},
        {"ItemBatcher": {"MaxItemsPerBatch": 2, "BatchInput": {"k.$": "$.k"}}, "Label": "far"},
        {"ItemReader": {"Resource": READER, "Parameters": {"Bucket": "b", "Key.$": "$.k"},
                        "ReaderConfig": {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"}}},
    ],
)  # fmt: skip
def test_what_aws_takes_is_left_alone(fields: dict[str, Json]) -> None:
    assert [each for each in found(mapping(**fields)).values() if each.severity == "error"] == []


@pytest.mark.parametrize(
    ("code", "severity", "fields"),
    [
        ("distributed-only", "warning", {"ItemProcessor": INNER, "ToleratedFailureCount": 1}),
        ("missing-execution-type", "warning",
         {"ItemProcessor": {**INNER, "ProcessorConfig": {"Mode": "DISTRIBUTED"}}}),
    ],
)  # fmt: skip
def test_it_is_worth_saying(code: str, severity: str, fields: dict[str, Json]) -> None:
    assert found(mapping(**fields))[code].severity == severity


def test_old_names_and_missing_bounds_are_hinted_at() -> None:
    old = found({"A": {"Type": "Map", "Iterator": INNER, "End": True}})

    assert old["deprecated-iterator"].severity is Severity.INFO
    assert old["map-without-max-concurrency"].severity is Severity.INFO
