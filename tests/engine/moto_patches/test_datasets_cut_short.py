"""A distributed Map reads its items from the engine's S3."""

import json
from collections.abc import AsyncIterator
from typing import Any

import aioboto3
import pytest
import pytest_asyncio

from handrail.engine.engine import Engine
from tests.engine.engine_fixture import Calls, types

from .test_distributed_map_fields import distributed

pytestmark = pytest.mark.asyncio(loop_scope="session")

BUCKET = "map-items"
SELECTED = {"v.$": "$$.Map.Item.Value.n", "s.$": "$$.Map.Item.Source"}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def s3(engine: Engine) -> AsyncIterator[Any]:
    session = aioboto3.Session(
        aws_access_key_id=engine.access_key_id,
        aws_secret_access_key=engine.secret_access_key,
        region_name=engine.region,
    )
    async with session.client("s3", endpoint_url=engine.endpoint_url) as client:
        await client.create_bucket(Bucket=BUCKET)
        await client.put_object(
            Bucket=BUCKET, Key="rows.json", Body=b'{"at": [{"n": 1}, {"n": 2}]}'
        )
        for number in range(3):
            await client.put_object(Bucket=BUCKET, Key=f"list/{number}", Body=b"x")
        yield client


def reader(action: str, config: dict[str, Any], **parameters: Any) -> dict[str, Any]:
    resource = f"arn:aws:states:::s3:{action}"
    return {"Resource": resource, "ReaderConfig": config, "Parameters": parameters}


@pytest.mark.usefixtures("s3")
async def test_a_file_is_read_by_paths(calls: Calls) -> None:
    config = {"InputType": "JSON", "ItemsPointer": "/at", "MaxItemsPath": "$.most"}
    read = reader("getObject", config, **{"Bucket.$": "$.bucket", "Key": "rows.json"})
    definition = distributed(ItemReader=read, ItemSelector=SELECTED)
    ended = await calls.run(definition, {"bucket": BUCKET, "most": 1})
    assert json.loads(ended["output"]) == [{"v": 1, "s": f"s3://{BUCKET}/rows.json"}]
    started = (await calls.history(ended["executionArn"]))[2]
    assert started["mapStateStartedEventDetails"] == {"length": 0}


@pytest.mark.usefixtures("s3")
async def test_a_listing_is_read_by_expressions(calls: Calls) -> None:
    arguments = {"Bucket": "{% $states.input.bucket %}", "Prefix": "list/"}
    read = {"Resource": "arn:aws:states:::s3:listObjectsV2", "Arguments": arguments}
    definition = distributed(QueryLanguage="JSONata", ItemReader=read)
    ended = await calls.run(definition, {"bucket": BUCKET})
    items = json.loads(ended["output"])
    assert [item["Key"] for item in items] == ["list/0", "list/1", "list/2"]
    assert set(items[0]) == {"Etag", "Key", "LastModified", "Size", "StorageClass"}


@pytest.mark.usefixtures("s3")
async def test_what_isn_t_there_fails_the_reader(calls: Calls) -> None:
    read = reader("getObject", {"InputType": "JSON"}, Bucket=BUCKET, Key="none")
    catch = [{"ErrorEquals": ["States.ItemReaderFailed"], "Next": "Z"}]
    definition = distributed(ItemReader=read, Catch=catch)
    definition["States"]["Z"] = {"Type": "Succeed"}
    ended = await calls.run(definition)
    assert "The specified key does not exist." in json.loads(ended["output"])["Cause"]
    assert "MapRunFailed" in types(await calls.history(ended["executionArn"]))


@pytest.mark.usefixtures("s3")
async def test_what_the_engine_can_t_read_fails_by_name(calls: Calls) -> None:
    read = reader("getObject", {"InputType": "PARQUET"}, Bucket=BUCKET, Key="rows.parquet")
    ended = await calls.run(distributed(ItemReader=read))
    assert (ended["error"], ended["cause"]) == (
        "Handrail.NotSupported",
        "The embedded engine doesn't serve an ItemReader of PARQUET.",
    )
