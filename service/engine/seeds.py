"""Creates what state machines' tasks find on the engine: queues, topics, buckets, tables,
parameters and secrets."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from handrail.core.definition.machine_file import MachineFile
from handrail.core.definition.substitution import fill, filled
from handrail.core.definition.table_keys import IndexKeys, TableKeys
from handrail.core.errors import InvalidName
from handrail.core.json_text import text_of

from .errors import EngineError

_QUEUE = re.compile(r"(?=.{1,80}$)[A-Za-z0-9_-]+(\.fifo)?")
ClientOf = Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class Seeds:
    """By their full names. A secret's value is its text."""

    queues: frozenset[str] = frozenset()
    topics: frozenset[str] = frozenset()
    buckets: frozenset[str] = frozenset()
    tables: Mapping[str, TableKeys] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, file: MachineFile, known: Mapping[str, str]) -> "Seeds":
        """Raises InvalidDefinition (a name without a value) and InvalidName."""
        queues = frozenset(fill(name, known) for name in file.queues)
        for name in sorted(queues):
            if not _QUEUE.fullmatch(name):
                rule = "up to 80 letters, digits, _ and - are"
                raise InvalidName(f"{name!r} is no queue's: {rule}.")
        secrets = filled(file.secrets, known)
        return cls(
            queues,
            frozenset(fill(name, known) for name in file.topics),
            frozenset(fill(name, known) for name in file.buckets),
            {fill(name, known): keys for name, keys in file.tables.items()},
            {fill(name, known): fill(text, known) for name, text in file.parameters.items()},
            {
                name: text if isinstance(text, str) else text_of(text)
                for name, text in secrets.items()
            },
        )


class Seeding:
    """Creates each once, over the engine's own clients. What is there already stays as it is."""

    def __init__(self, client_of: ClientOf) -> None:
        self._client_of = client_of
        self._done: dict[tuple[str, str], Any] = {}

    def create(self, seeds: Seeds) -> None:
        """Raises EngineError with what AWS would say, and for one name with two meanings."""
        for service, name, meaning, arguments in _creations(seeds):
            operation = _OPERATIONS[service]
            done = self._done.get((service, name))
            if done is not None:
                if done != meaning:
                    raise EngineError(f"{name}: another state machine describes it otherwise.")
                continue
            try:
                getattr(self._client_of(service), operation)(**arguments)
            except ClientError as error:
                reason = error.response["Error"]["Message"]
                raise EngineError(f"{name} can't be created: {reason}") from error
            self._done[service, name] = meaning


_OPERATIONS = {
    "sqs": "create_queue",
    "sns": "create_topic",
    "s3": "create_bucket",
    "dynamodb": "create_table",
    "ssm": "put_parameter",
    "secretsmanager": "create_secret",
}


def _creations(seeds: Seeds) -> Iterator[tuple[str, str, Any, dict[str, Any]]]:
    """The service, the name, what it means, and the call's arguments."""
    for name in sorted(seeds.queues):
        yield "sqs", name, True, {"QueueName": name, "Attributes": _fifo(name, "FifoQueue")}
    for name in sorted(seeds.topics):
        yield "sns", name, True, {"Name": name, "Attributes": _fifo(name, "FifoTopic")}
    for name in sorted(seeds.buckets):
        yield "s3", name, True, {"Bucket": name}
    for name, keys in seeds.tables.items():
        yield "dynamodb", name, keys, _table(name, keys)
    for name, text in seeds.parameters.items():
        yield "ssm", name, text, {"Name": name, "Value": text, "Type": "String"}
    for name, text in seeds.secrets.items():
        yield "secretsmanager", name, text, {"Name": name, "SecretString": text}


def _fifo(name: str, attribute: str) -> dict[str, str]:
    return {attribute: "true"} if name.endswith(".fifo") else {}


def _table(name: str, keys: TableKeys) -> dict[str, Any]:
    types = dict(keys.typed())
    for index in keys.indexes.values():
        types |= dict(index.typed())
    indexes = [
        {"IndexName": name, "KeySchema": _schema(index), "Projection": {"ProjectionType": "ALL"}}
        for name, index in keys.indexes.items()
    ]
    return {
        "TableName": name,
        "KeySchema": _schema(keys),
        "AttributeDefinitions": [
            {"AttributeName": name, "AttributeType": type} for name, type in types.items()
        ],
        "BillingMode": "PAY_PER_REQUEST",
        **({"GlobalSecondaryIndexes": indexes} if indexes else {}),
    }


def _schema(keys: IndexKeys) -> list[dict[str, str]]:
    return [
        {"AttributeName": name, "KeyType": kind}
        for (name, _), kind in zip(keys.typed(), ("HASH", "RANGE"), strict=False)
    ]
