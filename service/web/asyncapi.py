"""The AsyncAPI 3.0 document of the WebSocket protocol, drawn from the messages' models."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from service import __version__
from service.core.closing import NEVER_SENT, AfterClose, CloseCode

from .live_messages import CLIENT, GATEWAY, SERVER

REF = "#/components/schemas/{model}"

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
TICKET = {
    "ticket": {
        "type": "string",
        "description": "From POST /v1/ws-tickets, where the handshake can't carry a credential.",
    }
}

ONE = {
    "address": "/v1/executions/{execution}/ws",
    "title": "One subscription, id 0.",
    "servers": [{"$ref": "#/servers/service"}],
    "parameters": {"execution": {"description": "The execution's id."}},
}
MANY = {
    "address": "/v1/ws",
    "title": "Any number of subscriptions.",
    "servers": [{"$ref": "#/servers/service"}],
}
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


SENT = {model: f"server_{model.__name__}" for model in GATEWAY}
RECEIVED = {model: f"client_{model.__name__}" for model in CLIENT}


def document() -> dict[str, Any]:
    """The whole document. Operations are named from the service's side: it sends and receives."""
    names = {**SENT, **RECEIVED}
    keys, definitions = models_json_schema([(m, "validation") for m in names], ref_template=REF)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Handrail live status",
            "version": __version__,
            "description": "JSON in text frames; the subprotocol handrail.v1 is optional.",
        },
        "defaultContentType": "application/json",
        "servers": SERVERS,
        "channels": _channels(),
        "operations": {
            **_operations("one", SERVER),
            **_operations("many", SERVER),
            **_operations("api_gateway", GATEWAY),
        },
        "components": {
            "schemas": definitions.get("$defs", {}),
            "messages": {
                name: {
                    "name": name,
                    "summary": _summary(model),
                    "payload": keys[model, "validation"],
                }
                for model, name in names.items()
            },
        },
        "x-close-codes": CLOSE_CODES,
    }


def _channels() -> dict[str, Any]:
    anywhere = {**OF_ONE, **TICKET}
    return {
        "one": _channel(ONE, anywhere, SERVER),
        "many": _channel(MANY, TICKET, SERVER),
        "api_gateway": _channel(ON_GATEWAY, {"execution": EXECUTION, **anywhere}, GATEWAY),
    }


def _channel(
    about: Mapping[str, Any], query: Mapping[str, Any], senders: Sequence[type[BaseModel]]
) -> dict[str, Any]:
    names = [*(SENT[model] for model in senders), *RECEIVED.values()]
    return {
        **about,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
        "bindings": {"ws": {"query": {"type": "object", "properties": query}}},
    }


def _operations(channel: str, senders: Sequence[type[BaseModel]]) -> dict[str, Any]:
    groups = {"send": [SENT[model] for model in senders], "receive": [*RECEIVED.values()]}
    return {
        f"{action}_{channel}": {
            "action": action,
            "channel": {"$ref": f"#/channels/{channel}"},
            "messages": [{"$ref": f"#/channels/{channel}/messages/{name}"} for name in names],
        }
        for action, names in groups.items()
    }


def _summary(model: type[BaseModel]) -> str:
    return " ".join((model.__doc__ or model.__name__).split())
