"""A function that does what its event says, to try the stand-in with."""

import asyncio
import json
import os
import time
from collections.abc import Callable
from typing import Any
from urllib.request import Request, urlopen

from .instance import Context


class Toy:
    """Sockets: a handshake is refused with `?refuse=STATUS`, answers the subprotocol it was asked
    for, and with `?post=1` posts before it has answered; a message is a command. HTTP: tells what
    came. Queues: fails the records whose body is `poison`."""

    def __init__(self) -> None:
        self.number = 0

    def __call__(self, event: dict[str, Any], context: Context) -> Any:
        self.number += 1
        if "Records" in event:
            return self._records(event)
        route = event.get("requestContext", {}).get("routeKey")
        if route == "$connect":
            return self._connect(event)
        if route in {"$disconnect", "$default"} and "connectionId" in event["requestContext"]:
            return self._message(event, context)
        return {
            "statusCode": 203,
            "headers": {"content-type": "application/json"},
            "cookies": ["a=1", "b=2"],
            "body": json.dumps({"event": event, "number": self.number, "pid": os.getpid()}),
        }

    def _connect(self, event: dict[str, Any]) -> Any:
        query = event.get("queryStringParameters") or {}
        if "refuse" in query:
            return {"statusCode": int(query["refuse"])}
        if "post" in query:
            return {"statusCode": _post_status(event)}
        offered = event["headers"].get("Sec-WebSocket-Protocol", "").partition(",")[0].strip()
        headers = {"Sec-WebSocket-Protocol": offered} if offered else {}
        return {"statusCode": 200, "headers": headers}

    def _message(self, event: dict[str, Any], context: Context) -> Any:
        _note(event)
        commands: dict[str, Callable[[], Any]] = {
            "raise": _raise,
            "die": lambda: os.kill(os.getpid(), 9),
            "hang": lambda: time.sleep(60),
            "wait": lambda: asyncio.run(asyncio.sleep(0.2)),
        }
        commands.get(event.get("body", ""), lambda: None)()
        return {"statusCode": 200, "body": "not sent to anybody"}

    def _records(self, event: dict[str, Any]) -> Any:
        for record in event["Records"]:
            _note(record)
        poisoned = [r["messageId"] for r in event["Records"] if r["body"] == "poison"]
        return {"batchItemFailures": [{"itemIdentifier": id} for id in poisoned]}


def _raise() -> None:
    raise ValueError("as it was told")


def _note(event: dict[str, Any]) -> None:
    """Where a test can read it."""
    with open(os.environ["TOY_NOTES"], "a", encoding="utf-8") as file:  # noqa: PTH123 brevity
        file.write(json.dumps(event) + "\n")


def _post_status(event: dict[str, Any]) -> int:
    """What the management API says to a post from within $connect."""
    id = event["requestContext"]["connectionId"]
    url = f"{os.environ['TOY_ENDPOINT']}/@connections/{id}"
    request = Request(url, data=b"early", method="POST", headers={"Authorization": SIGNED})  # noqa: S310 ours
    try:
        with urlopen(request) as answer:  # noqa: S310 ours
            return int(answer.status)
    except OSError as error:
        return int(getattr(error, "code", 500))


SIGNED = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261122/us-east-1/execute-api/aws4_request"
