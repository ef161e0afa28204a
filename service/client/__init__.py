"""A small async client of the service's public API: REST, problem+json and the WebSocket. It is for
the command line and for tests, and knows no room of the service but `core`."""

from .client import Client
from .errors import ClientError, RequestRefused, ServiceUnreachable, StreamClosed
from .view import Message, View, apply

__all__ = [
    "Client",
    "ClientError",
    "Message",
    "RequestRefused",
    "ServiceUnreachable",
    "StreamClosed",
    "View",
    "apply",
]
