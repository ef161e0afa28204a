"""What a Map Run's children came to, as state output and as files."""

import json
from typing import Any

import pytest

from handrail.engine.map_runs.map_items import ChildInput, MapRunFailure
from handrail.engine.map_runs.results import ResultFiles, outputs

from .fake_s3 import FakeS3

RUN = "arn:aws:states:us-east-1:123456789012:mapRun:m/Label:run-id"


def child(name: str, output: str | None, *, error: str | None = None) -> dict[str, Any]:
    return {
        "executionArn": f"arn:m/Label:{name}",
        "stateMachineArn": "arn:m/Label",
        "name": name,
        "status": "FAILED" if output is None else "SUCCEEDED",
        "startDate": "2026-11-22T07:40:49.620Z",
        "stopDate": "2026-11-22T07:40:50.000Z",
        "input": "1",
        "output": output,
        "error": error,
        "cause": None,
    }


CHILDREN = [child("a", '[1,{"b":2}]'), child("f", None, error="E"), child("c", '"x"')]
FAILED = {
    "Error": "E",
    "ExecutionArn": "arn:m/Label:f",
    "Input": "1",
    "InputDetails": {"Included": True},
    "Name": "f",
    "RedriveCount": 0,
    "RedriveStatus": "NOT_REDRIVABLE",
    "StartDate": "2026-11-22T07:40:49.620Z",
    "StateMachineArn": "arn:m/Label",
    "Status": "FAILED",
    "StopDate": "2026-11-22T07:40:50.000Z",
}


def test_compact_has_the_outputs_and_who_failed() -> None:
    assert list(outputs(CHILDREN, "COMPACT")) == [[1, {"b": 2}], FAILED, "x"]


def test_flatten_has_the_elements_of_arrays() -> None:
    assert list(outputs(CHILDREN, "FLATTEN")) == [1, {"b": 2}, FAILED, "x"]


def test_none_has_the_executions() -> None:
    first, *_ = outputs(CHILDREN, "NONE")
    assert (first["Output"], first["OutputDetails"]) == ('[1,{"b":2}]', {"Included": True})
    assert first["RedriveStatusReason"] == "Execution is SUCCEEDED and cannot be redriven"


def files(s3: FakeS3, *, prefix: str = "jobs", lines: bool = False) -> ResultFiles:
    return ResultFiles(s3, "data", prefix, "COMPACT", lines)


@pytest.mark.parametrize(("prefix", "folder"), [("jobs", "jobs/"), ("jobs/", "jobs/"), ("", "")])
def test_the_manifest_names_a_file_of_each_kind(prefix: str, folder: str) -> None:
    s3 = FakeS3()
    output = files(s3, prefix=prefix).write(RUN, CHILDREN, [ChildInput("4", 1)])
    key = f"{folder}run-id/manifest.json"
    assert output == {"MapRunArn": RUN, "ResultWriterDetails": {"Bucket": "data", "Key": key}}
    manifest = json.loads(s3.objects["data", key])
    assert (manifest["DestinationBucket"], manifest["MapRunArn"]) == ("data", RUN)
    for kind, entries in {
        "SUCCEEDED": [[1, {"b": 2}], "x"],
        "FAILED": [FAILED],
        "PENDING": [{"Input": "4", "InputDetails": {"Included": True}, "Status": "PENDING"}],
    }.items():
        [named] = manifest["ResultFiles"][kind]
        body = s3.objects["data", named["Key"]]
        assert named == {"Key": f"{folder}run-id/{kind}_0.json", "Size": len(body)}
        assert json.loads(body) == entries


def test_a_kind_without_entries_has_no_file() -> None:
    s3 = FakeS3()
    files(s3).write(RUN, [], [])
    manifest = json.loads(s3.objects["data", "jobs/run-id/manifest.json"])
    assert manifest["ResultFiles"] == {"FAILED": [], "PENDING": [], "SUCCEEDED": []}
    assert len(s3.objects) == 1


def test_json_lines_have_an_entry_a_line() -> None:
    s3 = FakeS3()
    files(s3, lines=True).write(RUN, CHILDREN, [])
    assert s3.objects["data", "jobs/run-id/SUCCEEDED_0.jsonl"] == b'[1,{"b":2}]\n"x"'


def test_a_bucket_that_isn_t_there_fails_the_writer() -> None:
    with pytest.raises(MapRunFailure, match="The specified bucket does not exist") as caught:
        files(FakeS3(buckets=set())).write(RUN, CHILDREN, [])
    assert caught.value.error == "States.ResultWriterFailed"
