"""What a Map Run's child executions came to: the state's output, and the files of a ResultWriter.

https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from .datasets import s3_cause
from .map_items import ChildInput, MapRunFailure, compact

FAILED = {"FAILED", "TIMED_OUT", "ABORTED"}
Child = Mapping[str, Any]
"""A child execution as DescribeExecution has it, dates as text."""


def outputs(children: Iterable[Child], transformation: str) -> Iterator[Any]:
    """In the items' order. One that didn't succeed is shown as it is, whatever the transformation:
    NONE (with the execution's metadata), COMPACT (its output), FLATTEN (arrays' elements)."""
    for child in children:
        if transformation == "NONE" or child["status"] != "SUCCEEDED":
            yield described(child)
            continue
        output = json.loads(child["output"])
        if transformation == "FLATTEN" and isinstance(output, list):
            yield from output
        else:
            yield output


def described(child: Child) -> dict[str, Any]:
    """An entry of a result file, its members in AWS's order."""
    ended = {"RedriveCount": 0, "RedriveStatus": "NOT_REDRIVABLE"}
    if child["status"] == "SUCCEEDED":
        ended["RedriveStatusReason"] = "Execution is SUCCEEDED and cannot be redriven"
    found = {
        "Cause": child["cause"],
        "Error": child["error"],
        "ExecutionArn": child["executionArn"],
        "Input": child["input"],
        "InputDetails": {"Included": True},
        "Name": child["name"],
        "Output": child["output"],
        "OutputDetails": child["output"] and {"Included": True},
        **ended,
        "StartDate": child["startDate"],
        "StateMachineArn": child["stateMachineArn"],
        "Status": child["status"],
        "StopDate": child["stopDate"],
    }
    return {name: value for name, value in found.items() if value is not None}


@dataclass(frozen=True, slots=True)
class ResultFiles:
    """Where a ResultWriter exports to, and how."""

    s3: Any
    bucket: str
    prefix: str
    transformation: str
    lines: bool

    def write(
        self, run_arn: str, children: Iterable[Child], pending: Iterable[ChildInput]
    ) -> dict[str, Any]:
        """Write what there is of each kind, and the manifest; the answer is the state's output.
        Raises MapRunFailure."""
        ended = list(children)
        done = [child for child in ended if child["status"] == "SUCCEEDED"]
        entries = {
            "FAILED": [described(child) for child in ended if child["status"] in FAILED],
            "PENDING": [_pending(one) for one in pending],
            "SUCCEEDED": list(outputs(done, self.transformation)),
        }
        prefix = self.prefix if self.prefix.endswith("/") or not self.prefix else f"{self.prefix}/"
        folder = f"{prefix}{run_arn.rpartition(':')[2]}"
        try:
            files = {kind: self._put(folder, kind, found) for kind, found in entries.items()}
            manifest = {
                "DestinationBucket": self.bucket,
                "MapRunArn": run_arn,
                "ResultFiles": files,
            }
            key = f"{folder}/manifest.json"
            body = compact(manifest).encode()
            self.s3.put_object(Bucket=self.bucket, Key=key, Body=body)
        except ClientError as error:
            raise MapRunFailure("States.ResultWriterFailed", s3_cause(error)) from error
        except (BotoCoreError, KeyError, TypeError, ValueError) as error:
            cause = f"The results can't be written: {error}"
            raise MapRunFailure("States.ResultWriterFailed", cause) from error
        details = {"Bucket": self.bucket, "Key": key}
        return {"MapRunArn": run_arn, "ResultWriterDetails": details}

    def _put(self, folder: str, kind: str, entries: list[Any]) -> list[dict[str, Any]]:
        if not entries:
            return []
        key = f"{folder}/{kind}_0.{'jsonl' if self.lines else 'json'}"
        texts = [compact(entry) for entry in entries]
        body = ("\n".join(texts) if self.lines else f"[{','.join(texts)}]").encode()
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=body)
        return [{"Key": key, "Size": len(body)}]


def _pending(one: ChildInput) -> dict[str, Any]:
    return {"Input": one.text, "InputDetails": {"Included": True}, "Status": "PENDING"}
