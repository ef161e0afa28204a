"""Draws the AsyncAPI 3.0 document of the WebSocket protocol, and of the queue that callbacks may
come by: `asyncapi.json`, which has servers and channels, with the shapes of the messages."""

from collections.abc import Iterable
from functools import reduce
from itertools import chain
from operator import or_
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from pydantic_core import from_json

from handrail import __version__
from handrail.core.callback_messages import CallbackMessage
from handrail.core.protocol import client_messages as client
from handrail.core.protocol import server_messages as server
from handrail.core.protocol.close_codes import NEVER_SENT, AfterClose, CloseCode

DESCRIBED = Path(__file__).with_suffix(".json")
NAMES = ["Ready", "Subscribed", "Update", "Reset", "Complete", "Error"]
NAMES += ["Unsubscribed", "Ping", "Pong"]
SERVER: dict[str, list[Any]] = {f"server_{n}": [getattr(server, f"{n}Message")] for n in NAMES}
SERVER["server_Subscribed"].append(server.ListSubscribedMessage)
SERVER["server_Update"].append(server.ListUpdateMessage)
GATEWAY = {**SERVER, "server_Closing": [server.ClosingMessage]}
"""The shapes of each type of message."""

FROM_CLIENT = (client.Init, client.Subscribe, client.Unsubscribe, client.Ping, client.Pong)
CLIENT = {f"client_{shape.__name__}": [shape] for shape in FROM_CLIENT}
QUEUED: dict[str, list[Any]] = {"queued_Callback": [CallbackMessage]}
BY_QUEUE = "callbacks"
COME_BACK = {
    AfterClose.RESUME: "Come back with jittered backoff and resume by cursor.",
    AfterClose.REFRESH: "Refresh the credential, then come back and resume.",
    AfterClose.END: "Don't come back.",
}
CLOSE_CODES = {
    str(int(code)): f"{code.meaning} {COME_BACK[code.after]}"
    for code in CloseCode
    if code not in NEVER_SENT
}
"""Of those the service itself sends."""


def document(prefix: str = "") -> dict[str, Any]:
    """The whole document, of a service that clients find below `prefix`. Operations are named from
    the service's side: it sends and receives."""
    shapes = {**GATEWAY, **CLIENT, **QUEUED}
    payloads, definitions = TypeAdapter.json_schemas(
        [(name, "validation", TypeAdapter(reduce(or_, kinds))) for name, kinds in shapes.items()],
        ref_template="#/components/schemas/{model}",
    )
    schemas = definitions["$defs"]
    for shape in chain.from_iterable(GATEWAY.values()):
        schemas[shape.__name__]["additionalProperties"] = False
    messages = {
        name: {
            "name": name,
            "summary": " ".join((kinds[0].__doc__ or name.partition("_")[2]).split()),
            "payload": payloads[name, "validation"],
        }
        for name, kinds in shapes.items()
    }
    described: dict[str, Any] = from_json(DESCRIBED.read_bytes())
    described["info"]["version"] = __version__
    if prefix:
        described["servers"]["service"]["pathname"] = prefix
    operations = {}
    for channel, about in described["channels"].items():
        if channel == BY_QUEUE:
            about["messages"] = {name: _reference("components", name) for name in QUEUED}
            operations[f"receive_{channel}"] = _operation("receive", channel, QUEUED)
            continue
        sent = GATEWAY if channel == "api_gateway" else SERVER
        about["messages"] = {name: _reference("components", name) for name in (*sent, *CLIENT)}
        operations[f"send_{channel}"] = _operation("send", channel, sent)
        operations[f"receive_{channel}"] = _operation("receive", channel, CLIENT)
    components = {"schemas": schemas, "messages": messages}
    rest = {"operations": operations, "components": components, "x-close-codes": CLOSE_CODES}
    return {**described, **rest}


def _operation(action: str, channel: str, names: Iterable[str]) -> dict[str, Any]:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        "messages": [_reference(f"channels/{channel}", name) for name in names],
    }


def _reference(where: str, message: str) -> dict[str, str]:
    return {"$ref": f"#/{where}/messages/{message}"}
