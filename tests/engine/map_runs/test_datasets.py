"""What an ItemReader finds in S3."""

import gzip
import json
from typing import Any

import pytest

from handrail.engine.errors import NotServed
from handrail.engine.map_runs.datasets import Dataset
from handrail.engine.map_runs.map_items import MapItem, MapRunFailure

from .fake_s3 import FakeS3

FILES = {
    "a.json": b'[{"n": 1}, {"n": 2}, {"n": 3}]',
    "b.csv.gz": gzip.compress(b"x,y\n1,2\n"),
    "bom.json": b"\xef\xbb\xbf[1]",
    "lists/1.jsonl": b"1\n2\n",
    "lists/2.jsonl": b"3\n",
}


def dataset(action: str = "getObject", *, config: Any = None, **arguments: Any) -> Dataset:
    s3 = FakeS3({("data", key): body for key, body in FILES.items()})
    return Dataset(s3, action, {"Bucket": "data", **arguments}, config or {})


def values(action: str = "getObject", *, config: Any = None, **arguments: Any) -> list[Any]:
    return [item.value for item in dataset(action, config=config, **arguments).items()]


def failure(action: str = "getObject", *, config: Any = None, **arguments: Any) -> MapRunFailure:
    with pytest.raises(MapRunFailure) as caught:
        dataset(action, config=config, **arguments).items()
    return caught.value


def test_a_file_is_read_by_its_type_and_says_where_it_is() -> None:
    items = dataset(config={"InputType": "JSON"}, Key="a.json").items()
    assert items[0] == MapItem({"n": 1}, "s3://data/a.json")
    assert len(items) == 3
    assert values(config={"InputType": "CSV"}, Key="b.csv.gz") == [{"x": "1", "y": "2"}]
    assert values(config={"InputType": "JSON"}, Key="bom.json") == [1]


@pytest.mark.parametrize(
    ("limit", "count"),
    [
        ({"MaxItems": 2}, 2),
        ({"MaxItems": 0}, 3),
        ({"MaxItemsPath": "1"}, 1),
        ({"MaxItemsPath": 100_000_001}, 3),
        ({}, 3),
    ],
)
def test_so_many_items_are_read_at_most(limit: dict[str, Any], count: int) -> None:
    assert len(values(config={"InputType": "JSON", **limit}, Key="a.json")) == count


def test_a_listing_has_what_aws_says_of_each_object() -> None:
    items = dataset("listObjectsV2", Prefix="lists/").items()
    assert items[0] == MapItem(
        {
            "Etag": '"e"',
            "Key": "lists/1.jsonl",
            "LastModified": 1795333249,
            "Size": 4,
            "StorageClass": "STANDARD",
        },
        "s3://data",
    )
    assert len(items) == 2
    assert values("listObjectsV2", Prefix="none") == []


def test_listed_files_are_read_where_that_is_asked_for() -> None:
    config = {"InputType": "JSONL", "Transformation": "LOAD_AND_FLATTEN"}
    items = dataset("listObjectsV2", config=config, Prefix="lists/").items()
    assert [(item.value, item.source) for item in items] == [
        (1, "s3://data/lists/1.jsonl"),
        (2, "s3://data/lists/1.jsonl"),
        (3, "s3://data/lists/2.jsonl"),
    ]


def test_an_inventory_is_read_by_its_schema() -> None:
    manifest = {
        "destinationBucket": "arn:aws:s3:::data",
        "fileFormat": "CSV",
        "fileSchema": "Bucket, Key, Size",
        "files": [{"key": "inventory/1.csv.gz"}],
    }
    found = dataset(config={"InputType": "MANIFEST"}, Key="manifest.json")
    found.s3.objects["data", "manifest.json"] = json.dumps(manifest).encode()
    rows = gzip.compress(b'"source","a b.jpg","7"\n')
    found.s3.objects["data", "inventory/1.csv.gz"] = rows
    [item] = found.items()
    assert item.value == {"Bucket": "source", "Key": "a b.jpg", "Size": "7"}


def test_athena_s_manifest_names_the_files() -> None:
    config = {"ManifestType": "ATHENA_DATA", "InputType": "JSONL"}
    found = dataset(config=config, Key="q-manifest.csv")
    names = b"s3://data/lists/1.jsonl\ns3://data/lists/2.jsonl\n"
    found.s3.objects["data", "q-manifest.csv"] = names
    assert [item.value for item in found.items()] == [1, 2, 3]


def test_what_can_t_be_read_fails_the_reader_in_s3_s_words() -> None:
    missing = failure(config={"InputType": "JSON"}, Key="none.json")
    assert (missing.error, missing.cause) == (
        "States.ItemReaderFailed",
        "The specified key does not exist. (Service: S3, Status Code: 404, Request ID: R1)",
    )
    assert failure("listObjectsV2", Bucket="other").error == "States.ItemReaderFailed"
    assert failure(config={"InputType": "CSV"}, Key="a.json.gz").error == "States.ItemReaderFailed"
    assert failure(config={"InputType": "JSON"}).error == "States.ItemReaderFailed"
    assert failure(config={"InputType": "XML"}, Key="a.json").error == "States.ItemReaderFailed"


def test_what_is_wrong_in_the_definition_shows_before_anything_is_read() -> None:
    given = {"InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": ["H1", "H1"]}
    assert failure(config=given, Bucket="other").cause == "CSV headers cannot contain duplicates."
    negative = failure(config={"InputType": "CSV", "MaxItemsPath": -1}, Bucket="other")
    assert negative.cause == "field MaxItems must be positive"
    assert "not a valid integer" in failure(config={"MaxItems": 1.5}, Bucket="other").cause


@pytest.mark.parametrize(
    ("action", "config", "key", "named"),
    [
        ("getObject", {"InputType": "PARQUET"}, "a.parquet", "PARQUET"),
        ("getObject", {"InputType": "JSON"}, "a.json.zst", "ZSTD"),
        ("headObject", {}, "a", "s3:headObject"),
    ],
)
def test_what_the_engine_can_t_read_is_named(
    action: str, config: dict[str, Any], key: str, named: str
) -> None:
    found = dataset(action, config=config, Key=key)
    found.s3.objects["data", key] = b""
    with pytest.raises(NotServed, match=named):
        found.items()
