"""The items of a distributed Map, and the batches that its child executions get.

https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itembatcher.html"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from handrail.core.limits import MAX_PAYLOAD_BYTES

STATE_DATA = "STATE_DATA"


class MapRunFailure(Exception):
    """Ends a Map Run as failed, with the error and cause that its state fails with."""

    def __init__(self, error: str, cause: str) -> None:
        super().__init__(cause)
        self.error, self.cause = error, cause


def reader_failure(cause: str) -> MapRunFailure:
    return MapRunFailure("States.ItemReaderFailed", cause)


@dataclass(frozen=True, slots=True)
class MapItem:
    """`key` is that of an object's member; `source` says where the item was read."""

    value: Any
    source: str = STATE_DATA
    key: str | None = None

    @property
    def input(self) -> Any:
        """What a child execution gets where no ItemSelector says otherwise."""
        return self.value if self.key is None else {"Key": self.key, "Value": self.value}

    def context(self, index: int) -> dict[str, Any]:
        """The context object's Map.Item."""
        key = {} if self.key is None else {"Key": self.key}
        return {"Index": index, **key, "Value": self.value, "Source": self.source}


@dataclass(frozen=True, slots=True)
class ChildInput:
    """A child execution's input as JSON, and how many items it is about."""

    text: str
    items: int


class MembersAsItems(list[MapItem]):
    """Of an object, each an item: an array to whoever looks for one."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        super().__init__(MapItem(value, key=key) for key, value in given.items())


def state_items(data: Iterable[Any]) -> list[MapItem]:
    """Of an array, or of an object's members."""
    return data if isinstance(data, MembersAsItems) else [MapItem(value) for value in data]


def child_inputs(values: Iterable[Any], batcher: Mapping[str, Any] | None) -> Iterator[ChildInput]:
    """One a value, or one a batch. Raises MapRunFailure for what no execution takes as its input,
    and for limits that are no positive numbers."""
    if batcher is None:
        for value in values:
            yield _checked(compact(value), 1)
        return
    most, most_bytes = _limit(batcher, "MaxItemsPerBatch"), _limit(batcher, "MaxInputBytesPerBatch")
    given = (
        compact({"BatchInput": batcher["BatchInput"]})[1:-1] + ","
        if "BatchInput" in batcher
        else ""
    )
    free = min(most_bytes or MAX_PAYLOAD_BYTES, MAX_PAYLOAD_BYTES) - len(given.encode()) - 12
    batch: list[str] = []
    size = 0
    for text in map(compact, values):
        needed = len(text.encode()) + 1
        if batch and (len(batch) == most or size + needed > free):
            yield _batched(given, batch)
            batch, size = [], 0
        batch.append(text)
        size += needed
        if size > free:
            cause = f"An item of {needed - 1} bytes doesn't fit into a batch's input."
            raise MapRunFailure("States.DataLimitExceeded", cause)
    if batch:
        yield _batched(given, batch)


def _batched(given: str, batch: list[str]) -> ChildInput:
    return ChildInput(f'{{{given}"Items":[{",".join(batch)}]}}', len(batch))


def _checked(text: str, items: int) -> ChildInput:
    if (size := len(text.encode())) > MAX_PAYLOAD_BYTES:
        cause = f"An item of {size} bytes exceeds the {MAX_PAYLOAD_BYTES} of an execution's input."
        raise MapRunFailure("States.DataLimitExceeded", cause)
    return ChildInput(text, items)


def _limit(batcher: Mapping[str, Any], name: str) -> int | None:
    """The limit by its value or its path, which may find a number's text."""
    value = batcher.get(name, batcher.get(f"{name}Path"))
    if value is None:
        return None
    number = whole(value)
    if number is None or number <= 0:
        raise MapRunFailure("States.Runtime", f"{name} must be a positive integer, but was {value}")
    return number


def whole(value: Any) -> int | None:
    """A whole number, also one that a text or a double stands for."""
    if isinstance(value, str):
        try:
            return int(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
        return None
    return int(value)


def compact(value: Any) -> str:
    """JSON as AWS writes it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
