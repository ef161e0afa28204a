"""A small async client of the service's own API, for the command line and for tests.

It speaks the public contract only: REST, problem+json and the WebSocket's messages. It knows no
room of the service but `core`.
"""

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
