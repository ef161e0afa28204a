"""Reads a distributed Map's dataset from S3: a file, a listing, or the files that a listing or a
manifest names.

https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemreader.html"""

import csv
import gzip
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from handrail.engine.errors import NotServed

from .item_formats import FORMATS, given_headers
from .map_items import MapItem, reader_failure, whole

MOST_ITEMS = 100_000_000

Fields = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Dataset:
    """What an ItemReader asks for, its paths and expressions evaluated: `action` is the S3 action,
    `arguments` what that is called with, `config` the ReaderConfig."""

    s3: Any
    action: str
    arguments: Fields
    config: Fields

    def items(self) -> list[MapItem]:
        """In the dataset's order. Raises MapRunFailure, NotServed."""
        most = self._most_items()
        self._check()
        try:
            return list(islice(self._read(), most))
        except ClientError as error:
            raise reader_failure(s3_cause(error)) from error
        except (BotoCoreError, KeyError, TypeError, ValueError, OSError, zlib.error) as error:
            raise reader_failure(f"The dataset can't be read: {error}") from error

    def _most_items(self) -> int:
        path, value = self.config.get("MaxItemsPath"), self.config.get("MaxItems")
        given = value if path is None else path
        if given is None:
            return MOST_ITEMS
        most = whole(given)
        if most is None:
            cause = f"The MaxItems field refers to value '{given}' which is not a valid integer"
            raise reader_failure(cause)
        if most < 0:
            raise reader_failure("field MaxItems must be positive")
        return min(most, MOST_ITEMS) or MOST_ITEMS

    def _check(self) -> None:
        """What can be told without reading anything."""
        if "PARQUET" in {kind := self.config.get("InputType"), self.config.get("ManifestType")}:
            raise NotServed("an ItemReader of PARQUET")
        if kind == "CSV" and self.config.get("CSVHeaderLocation") == "GIVEN":
            given_headers(self.config)

    def _read(self) -> Iterator[MapItem]:
        manifest = self.config.get("ManifestType")
        if self.action == "listObjectsV2":
            return self._listed()
        if self.action != "getObject":
            raise NotServed(f"an ItemReader's s3:{self.action}")
        if manifest == "ATHENA_DATA":
            return self._athena()
        if manifest == "S3_INVENTORY" or self.config.get("InputType") == "MANIFEST":
            return self._inventory()
        arguments = dict(self.arguments)
        return self._file(arguments.pop("Bucket"), arguments.pop("Key"), arguments)

    def _listed(self) -> Iterator[MapItem]:
        bucket = self.arguments["Bucket"]
        pages = self.s3.get_paginator("list_objects_v2").paginate(**self.arguments)
        for listed in (found for page in pages for found in page.get("Contents", [])):
            if self.config.get("Transformation") == "LOAD_AND_FLATTEN":
                yield from self._file(bucket, listed["Key"])
            else:
                yield MapItem(_metadata(listed), f"s3://{bucket}")

    def _athena(self) -> Iterator[MapItem]:
        """The manifest has a line a file, `s3://bucket/key`, and so have the files no header."""
        config = {"CSVHeaderLocation": "GIVEN"} | dict(self.config)
        for row in csv.reader(self._text(**self.arguments).splitlines()):
            bucket, _, key = row[0].removeprefix("s3://").partition("/") if row else ("", "", "")
            if key:
                yield from self._file(bucket, key, config=config)

    def _inventory(self) -> Iterator[MapItem]:
        manifest = json.loads(self._text(**self.arguments))
        if manifest["fileFormat"] != "CSV":
            raise NotServed(f"an inventory in {manifest['fileFormat']}")
        bucket = manifest["destinationBucket"].rpartition(":")[2]
        headers = [name.strip() for name in manifest["fileSchema"].split(",")]
        config = {"InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": headers}
        for file in manifest["files"]:
            yield from self._file(bucket, file["key"], config=config)

    def _file(
        self, bucket: str, key: str, arguments: Fields | None = None, config: Fields | None = None
    ) -> Iterator[MapItem]:
        config = self.config if config is None else config
        read = FORMATS.get(kind := config.get("InputType", ""))
        if read is None:
            raise reader_failure(f"InputType '{kind}' is none of a file's.")
        text = self._text(Bucket=bucket, Key=key, **(arguments or {}))
        return (MapItem(value, f"s3://{bucket}/{key}") for value in read(text, config))

    def _text(self, **arguments: Any) -> str:
        content: bytes = self.s3.get_object(**arguments)["Body"].read()
        key = str(arguments["Key"])
        if key.endswith((".zst", ".zstd")):
            raise NotServed("datasets in ZSTD")
        return (gzip.decompress(content) if key.endswith(".gz") else content).decode("utf-8-sig")


def _metadata(listed: Mapping[str, Any]) -> dict[str, Any]:
    """An object as AWS lists it to a child execution."""
    changed: datetime = listed["LastModified"]
    return {
        "Etag": listed["ETag"],
        "Key": listed["Key"],
        "LastModified": int(changed.timestamp()),
        "Size": listed["Size"],
        "StorageClass": listed.get("StorageClass", "STANDARD"),
    }


def s3_cause(error: ClientError) -> str:
    """What AWS's SDK says of a refusal of S3's."""
    said, answer = error.response["Error"], error.response["ResponseMetadata"]
    status, request = answer.get("HTTPStatusCode"), answer.get("RequestId")
    where = f"Service: S3, Status Code: {status}, Request ID: {request}"
    return f"{said.get('Message', said['Code'])} ({where})"
