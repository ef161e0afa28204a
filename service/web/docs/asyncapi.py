"""Draws the AsyncAPI 3.0 document of the WebSocket protocol from the shapes of its messages."""

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter

from service import __version__
from service.core.protocol import client_messages as client
from service.core.protocol import server_messages as server
from service.core.protocol.close_codes import NEVER_SENT, AfterClose, CloseCode

NAMES = [
    "Ready",
    "Subscribed",
    "Update",
    "Reset",
    "Complete",
    "Error",
    "Unsubscribed",
    "Ping",
    "Pong",
]
SERVER = {f"server_{name}": getattr(server, f"{name}Message") for name in NAMES}
GATEWAY = {**SERVER, "server_Closing": server.ClosingMessage}
FROM_CLIENT = (client.Init, client.Subscribe, client.Unsubscribe, client.Ping, client.Pong)
CLIENT = {f"client_{shape.__name__}": shape for shape in FROM_CLIENT}

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
INFO = {
    "title": "Handrail live status",
    "version": __version__,
    "description": "JSON in text frames; the subprotocol handrail.v1 is optional.",
}
SERVERS = {
    "service": {
        "host": "{host}",
        "protocol": "wss",
        "description": "The service itself, where it runs as a process.",
        "variables": {"host": {"default": "127.0.0.1:8000"}},
    },
    "api_gateway": {
        "host": "{api}.execute-api.{region}.amazonaws.com",
        "pathname": "/{stage}",
        "protocol": "wss",
        "description": "A WebSocket API of Amazon API Gateway, where the service runs on Lambda. "
        "Its address is in `links.ws` of each execution.",
        "variables": {name: {"description": "As deployed."} for name in ("api", "region", "stage")},
    },
}

EXECUTION = {"type": "string", "description": "The execution's id; without it there may be many."}
OF_ONE = {
    "after": {"type": "string", "description": "The cursor to resume from."},
    "level": {"enum": ["status", "states", "events"], "default": "states"},
}
FOR_BROWSERS = "From POST /v1/ws-tickets, where the handshake can't carry a credential."
TICKET = {"ticket": {"type": "string", "description": FOR_BROWSERS}}
HERE = [{"$ref": "#/servers/service"}]
ONE = {
    "after": {"type": "string", "description": "The cursor to resume from."},
    "level": {"enum": ["status", "states", "events"], "default": "states"},
}
TICKET = {
    "ticket": {
        "type": "string",
        "description": "From POST /v1/ws-tickets, where the handshake can't carry a credential.",
    }
}

ONE = {
    "address": "/v1/executions/{execution}/ws",
    "title": "One subscription, id 0.",
    "servers": HERE,
    "parameters": {"execution": {"description": "The execution's id."}},
}
MANY = {"address": "/v1/ws", "title": "Any number of subscriptions.", "servers": HERE}
ON_GATEWAY = {
    "address": None,
    "title": "On API Gateway.",
    "description": "One subscription with the query parameter execution, any number without. A "
    "refused handshake is answered 401 or 403. Ping when a heartbeat passes quietly: nobody else "
    "does, and after ten idle minutes API Gateway closes with 1001, as it does after two hours. "
    "Close codes come as a closing message. Messages are 128 KB at most: a larger "
    "one comes without its content, with omitted and links instead.",
    "servers": [{"$ref": "#/servers/api_gateway"}],
}


def document() -> dict[str, Any]:
    """The whole document. Operations are named from the service's side: it sends and receives."""
    shapes = {**GATEWAY, **CLIENT}
    payloads, definitions = TypeAdapter.json_schemas(
        [(name, "validation", TypeAdapter(shape)) for name, shape in shapes.items()],
        ref_template="#/components/schemas/{model}",
    )
    schemas = definitions["$defs"]
    for shape in GATEWAY.values():
        schemas[shape.__name__]["additionalProperties"] = False
    messages = {
        name: {
            "name": name,
            "summary": " ".join((shape.__doc__ or name.partition("_")[2]).split()),
            "payload": payloads[name, "validation"],
        }
        for name, shape in shapes.items()
    }
    anywhere = {**OF_ONE, **TICKET}
    return {
        "asyncapi": "3.0.0",
        "info": INFO,
        "defaultContentType": "application/json",
        "servers": SERVERS,
        "channels": {
            "one": _channel(ONE, anywhere, SERVER),
            "many": _channel(MANY, TICKET, SERVER),
            "api_gateway": _channel(ON_GATEWAY, {"execution": EXECUTION, **anywhere}, GATEWAY),
        },
        "operations": {
            **_operations("one", SERVER),
            **_operations("many", SERVER),
            **_operations("api_gateway", GATEWAY),
        },
        "components": {"schemas": schemas, "messages": messages},
        "x-close-codes": CLOSE_CODES,
    }


def _channel(
    about: Mapping[str, Any], query: Mapping[str, Any], sent: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        **about,
        "messages": {n: {"$ref": f"#/components/messages/{n}"} for n in (*sent, *CLIENT)},
        "bindings": {"ws": {"query": {"type": "object", "properties": query}}},
    }


def _operations(channel: str, sent: Mapping[str, Any]) -> dict[str, Any]:
    return {
        f"{action}_{channel}": {
            "action": action,
            "channel": {"$ref": f"#/channels/{channel}"},
            "messages": [{"$ref": f"#/channels/{channel}/messages/{name}"} for name in names],
        }
        for action, names in (("send", sent), ("receive", CLIENT))
    }
