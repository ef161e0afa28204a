"""A distributed Map's ResultWriter writes what its children came to into the engine's S3."""

import json
from typing import Any

import pytest

from tests.engine.engine_fixture import Calls
from tests.engine.step_functions.test_map_run_operations import map_run

from .test_datasets_cut_short import BUCKET, s3
from .test_items_without_executions import FAILING, distributed

__all__ = ["s3"]
pytestmark = pytest.mark.asyncio(loop_scope="session")


def writer(**config: str) -> dict[str, Any]:
    parameters = {"Bucket.$": "$.bucket", "Prefix": "jobs"}
    resource = "arn:aws:states:::s3:putObject"
    return {"Resource": resource, "Parameters": parameters, "WriterConfig": config}


async def read(s3: Any, key: str) -> Any:
    found = await s3.get_object(Bucket=BUCKET, Key=key)
    return json.loads(await found["Body"].read())


async def test_the_output_says_where_the_manifest_is(calls: Calls, s3: Any) -> None:
    definition = distributed(
        FAILING, ResultWriter=writer(Transformation="COMPACT"), ToleratedFailureCount=1
    )
    ended = await calls.run(definition, {"bucket": BUCKET, "items": [False, True]})
    output = json.loads(ended["output"])
    run = await map_run(calls, ended["executionArn"])
    key = f"jobs/{run['mapRunArn'].rpartition(':')[2]}/manifest.json"
    assert output["ResultWriterDetails"] == {"Bucket": BUCKET, "Key": key}
    files = (await read(s3, key))["ResultFiles"]
    assert await read(s3, files["SUCCEEDED"][0]["Key"]) == [False]
    [failed] = await read(s3, files["FAILED"][0]["Key"])
    assert (failed["Status"], failed["Error"], failed["Input"]) == ("FAILED", "Bad", "true")
    assert run["itemCounts"]["resultsWritten"] == 2


async def test_a_map_run_that_fails_writes_who_never_started(calls: Calls, s3: Any) -> None:
    definition = distributed(FAILING, ResultWriter=writer(), MaxConcurrency=1)
    ended = await calls.run(definition, {"bucket": BUCKET, "items": [True, False]})
    assert ended["error"] == "States.ExceedToleratedFailureThreshold"
    run = await map_run(calls, ended["executionArn"])
    folder = f"jobs/{run['mapRunArn'].rpartition(':')[2]}"
    [pending] = await read(s3, f"{folder}/PENDING_0.json")
    assert pending["Input"] == "false"


async def test_a_bucket_that_isn_t_there_fails_the_writer(calls: Calls) -> None:
    definition = distributed(FAILING, ResultWriter=writer())
    ended = await calls.run(definition, {"bucket": "no-such-bucket", "items": [False]})
    assert ended["error"] == "States.ResultWriterFailed"
