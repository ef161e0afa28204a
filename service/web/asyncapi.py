"""The AsyncAPI 3.0 document of the WebSocket protocol, drawn from the messages' models."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from service import __version__
from service.core.closing import CloseCode

from .live_messages import CLIENT, GATEWAY, SERVER

REF = "#/components/schemas/{model}"

BACK_OFF = "Come back with jittered backoff and resume by cursor"
MEANINGS = {
    CloseCode.NORMAL: "The execution is complete.",
    CloseCode.GOING_AWAY: f"Going away. {BACK_OFF}.",
    CloseCode.PROTOCOL_ERROR: "A frame that breaks RFC 6455. Don't come back.",
    CloseCode.INVALID_PAYLOAD: "Text that is not UTF-8. Don't come back.",
    CloseCode.TOO_BIG: "A message longer than the service takes. Don't come back with it.",
    CloseCode.INTERNAL_ERROR: f"The service failed. {BACK_OFF}.",
    CloseCode.RESTARTING: f"Restarting. {BACK_OFF}.",
    CloseCode.TRY_LATER: f"Full, or the caller's share is. {BACK_OFF}.",
    CloseCode.TOO_SLOW: f"The client doesn't read. {BACK_OFF}.",
    CloseCode.NO_PONG: f"A ping went unanswered. {BACK_OFF}.",
    CloseCode.CREDENTIAL_EXPIRED: "Refresh the credential, then come back and resume.",
    CloseCode.BAD_MESSAGE: "Not a message of this protocol. Don't come back.",
    CloseCode.UNAUTHENTICATED: "Unknown credential. Don't come back.",
    CloseCode.FORBIDDEN: "Not allowed from here. Don't come back.",
    CloseCode.NOT_FOUND: "No such execution. Don't come back.",
    CloseCode.INIT_TIMEOUT: "No init within 5 s. Don't come back.",
    CloseCode.DUPLICATE_ID: "The subscription id was in use. Don't come back.",
    CloseCode.TOO_MANY: "Too many messages or subscriptions. Don't come back.",
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
        "x-close-codes": {str(int(code)): meaning for code, meaning in MEANINGS.items()},
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
