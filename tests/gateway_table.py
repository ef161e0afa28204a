"""The table and the queue of `deploy/serverless.yaml`, on moto, for every test that stores.

moto's DynamoDB checks a condition and writes in two moves, and undoes a transaction by putting a
copy of the whole table back, so its requests are taken one at a time: only then is it atomic.
"""

import socket
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import count
from threading import Lock
from typing import Any

import botocore.session
import pytest

HOST = "127.0.0.1"
REGION = "us-east-1"
INDEX = "due"
TTL = {"AttributeName": "expires_at", "Enabled": True}
_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Storage:
    """DynamoDB and SQS at `url`. The blocking clients are for setting a scene, and for looking
    behind the adapters."""

    url: str
    dynamodb: Any
    sqs: Any

    def new_table(self) -> str:
        """An empty table's name."""
        name = f"handrail-{next(_numbers)}"
        self.dynamodb.create_table(**table_of(name))
        self.dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification=TTL)
        return name

    def new_queue(self) -> str:
        """An empty queue's URL."""
        return str(self.sqs.create_queue(QueueName=f"handrail-{next(_numbers)}")["QueueUrl"])

    def items(self, table: str) -> list[dict[str, Any]]:
        """Everything in it, as DynamoDB writes it."""
        found: list[dict[str, Any]] = self.dynamodb.scan(TableName=table)["Items"]
        return found


def table_of(name: str) -> dict[str, Any]:
    """What CreateTable is asked for."""
    attributes = {"pk": "S", "sk": "S", "due_kind": "S", "due_at": "N"}
    return {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
            {"AttributeName": name, "AttributeType": type} for name, type in attributes.items()
        ],
        "KeySchema": _keys("pk", "sk"),
        "GlobalSecondaryIndexes": [
            {
                "IndexName": INDEX,
                "KeySchema": _keys("due_kind", "due_at"),
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
    }


def _keys(hash: str, range: str) -> list[dict[str, str]]:
    return [
        {"AttributeName": hash, "KeyType": "HASH"},
        {"AttributeName": range, "KeyType": "RANGE"},
    ]


@contextmanager
def served_storage() -> Iterator[str]:
    """moto on a free port of the loopback address: its URL."""
    from moto.moto_server.werkzeug_app import (  # noqa: PLC0415 imports moto: seconds
        DomainDispatcherApplication,
        create_backend_app,
    )

    from handrail.engine.http import served  # noqa: PLC0415 see above

    moto, lock = DomainDispatcherApplication(create_backend_app), Lock()

    def one_at_a_time(environ: Any, start_response: Callable[..., Any]) -> Iterable[bytes]:
        with lock:
            return list(moto(environ, start_response))

    listening = closing(socket.create_server((HOST, 0), backlog=1024))
    with listening as listener, served(one_at_a_time, listener):
        yield f"http://{HOST}:{listener.getsockname()[1]}"


def blocking_client(url: str, service: str) -> Any:
    return botocore.session.Session().create_client(
        service,
        endpoint_url=url,
        region_name=REGION,
        aws_access_key_id="AKIDEXAMPLE",
        aws_secret_access_key="made-up",
    )


@pytest.fixture(scope="session")
def storage() -> Iterator[Storage]:
    with (
        served_storage() as url,
        closing(blocking_client(url, "dynamodb")) as dynamodb,
        closing(blocking_client(url, "sqs")) as sqs,
    ):
        yield Storage(url, dynamodb, sqs)


@pytest.fixture
def table_name(storage: Storage) -> Iterator[str]:
    """A new, empty table's name."""
    name = storage.new_table()
    yield name
    storage.dynamodb.delete_table(TableName=name)


@pytest.fixture
def queue_url(storage: Storage) -> str:
    """A new, empty queue's URL."""
    return storage.new_queue()
