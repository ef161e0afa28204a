"""Whatever definition is taken, its executions end."""

import asyncio
import itertools
import json
import random
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.engine.engine_fixture import FUNCTION, Calls, Definition

pytestmark = pytest.mark.asyncio(loop_scope="session")

PATHS = ["$", "$.a", "$.list", "$.list[*].n", "$.nope", "$.list[9]", "$$.State", "$$", "$v", None]
CALLS = [
    "States.Format('{}', $.a)",
    "States.ArrayLength($.list)",
    "States.MathAdd($.nope, 1)",
    "States.StringToJson('NaN')",
    "States.JsonToString($$)",
]
VALUES: list[Any] = [None, True, 0, 1.5, "text", "$.a", [], [1, {"a.$": "$.a"}], {}, {"b": 2}]
COMPARISONS: dict[str, list[Any]] = {
    "StringEquals": ["text", "$.a"],
    "NumericLessThanPath": ["$.a", "$.list", "$.nope", "$v"],
    "IsPresent": [True, False],
    "TimestampEquals": ["2026-01-31T12:00:00Z"],
    "StringMatches": ["t*"],
}
PLACES = ["$", "$.a", "$.new.deep", "$.list[9]", None]
ERRORS = ["States.ALL", "States.Runtime", "States.TaskFailed", "Refused"]
INPUT = {"a": 1, "list": [{"n": 1}, {"n": "x"}, 3], "what": "today"}


class Dice:
    """Draws definitions: many are refused, many fail."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 no secret
        self._scopes = itertools.count()

    def one(self, values: list[Any]) -> Any:
        return self._random.choice(values)

    def maybe(self, field: str, value: Any) -> dict[str, Any]:
        return {field: value} if self._random.random() < 0.3 else {}

    def template(self) -> Any:
        fields = {self.one(["x.$", "y.$"]): self.one([*PATHS[:-1], *CALLS])}
        return self.one([fields, {**fields, "z": self.one(VALUES)}, [fields]])

    def definition(self, depth: int) -> Definition:
        scope = next(self._scopes)
        names = [f"{scope}{name}" for name in "ABC"]
        return {
            "StartAt": names[0],
            "States": {
                name: self.state(following, depth, names[-1])
                for name, following in zip(names, [*names[1:], None], strict=True)
            },
        }

    def state(self, following: str | None, depth: int, last: str) -> dict[str, Any]:
        kinds = ["Pass", "Task", "Wait"]
        kinds += ["Choice"] if following else ["Fail", "Succeed"]
        kind = self.one([*kinds, "Parallel", "Map"] if depth < 2 else kinds)
        state: dict[str, Any] = {"Type": kind, **getattr(self, kind.lower())(depth)}
        if "Catch" in state:
            state["Catch"][0]["Next"] = last
        if kind == "Choice":
            operator = self.one(list(COMPARISONS))
            rule = {"Variable": self.one(PATHS[:-1]), operator: self.one(COMPARISONS[operator])}
            return {**state, "Choices": [{**rule, "Next": last}], "Default": following}
        if kind in {"Fail", "Succeed"}:
            return state
        return {
            **state,
            **self.maybe("InputPath", self.one(PATHS)),
            **self.maybe("OutputPath", self.one(PATHS)),
            **({"Next": following} if following else {"End": True}),
        }

    def handled(self) -> dict[str, Any]:
        again = {"ErrorEquals": [self.one(ERRORS)], "IntervalSeconds": 0, "MaxAttempts": 1}
        caught = {"ErrorEquals": [self.one(ERRORS)], "Next": ""}
        return {
            **self.maybe("Retry", [again]),
            **self.maybe("Catch", [caught]),
            **self.maybe("ResultPath", self.one(PLACES)),
            **self.maybe("ResultSelector", self.template()),
        }

    def task(self, _: int) -> dict[str, Any]:
        resource = FUNCTION + self.one(["echo", "fail", "too-long", "unserialisable", "absent"])
        own = self.maybe("Parameters", self.template())
        own |= self.maybe("TimeoutSecondsPath", self.one(PLACES[:-1]))
        return {"Resource": resource, **own, **self.handled()}

    def wait(self, _: int) -> dict[str, Any]:
        times = [("Seconds", 0), ("SecondsPath", "$.nope"), ("TimestampPath", "$.what")]
        field, value = self.one(times)
        return {field: value}

    def parallel(self, depth: int) -> dict[str, Any]:
        return {"Branches": [self.definition(depth + 1) for _ in range(2)], **self.handled()}

    def map(self, depth: int) -> dict[str, Any]:
        own = self.maybe("ItemSelector", self.template()) | self.maybe("MaxConcurrency", 1)
        items = self.one(["$.list", "$.a", "$.nope", "$"])
        processor = self.definition(depth + 1)
        return {"ItemsPath": items, "ItemProcessor": processor, **own, **self.handled()}

    def choice(self, _: int) -> dict[str, Any]:
        return self.maybe("OutputPath", self.one(PATHS))

    def fail(self, _: int) -> dict[str, Any]:
        return self.maybe("ErrorPath", self.one(PATHS[:-1])) | self.maybe("Cause", "why")

    def succeed(self, _: int) -> dict[str, Any]:
        return self.maybe("OutputPath", self.one(PATHS))

    def __getattr__(self, name: str) -> Any:
        """`pass` is a word of Python's."""
        if name == "pass":
            return lambda _: {
                **self.maybe("Result", self.one(VALUES)),
                **self.maybe("Parameters", self.template()),
                **self.maybe("Assign", {"v": self.one(VALUES)}),
                **self.maybe("ResultPath", self.one(PLACES)),
            }
        raise AttributeError(name)


async def test_an_execution_of_whatever_definition_was_taken_ends(calls: Calls) -> None:
    drawn = [Dice(seed).definition(0) for seed in range(50)]
    ran = await asyncio.gather(*(outcome(calls, definition) for definition in drawn))
    stuck = [drawn[at] for at, status in enumerate(ran) if status == "RUNNING"]
    assert not stuck, json.dumps(stuck[0])
    assert ran.count("SUCCEEDED") > 1
    assert ran.count("FAILED") > 10


async def outcome(calls: Calls, definition: Definition) -> str:
    """RUNNING if it hasn't ended in time."""
    try:
        machine = await calls.create(definition)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    arn = await calls.start(machine, INPUT)
    try:
        return str((await calls.ended(arn))["status"])
    except TimeoutError:
        await calls.sfn.stop_execution(executionArn=arn)
        return "RUNNING"
