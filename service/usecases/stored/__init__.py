"""Sockets that no process holds: API Gateway holds them, a table what is known of them, and each
invocation goes on where the one before it stopped."""

from .admission import Handshake
from .conversation import Conversation
from .limits import StoredLimits
from .ports import StoredPorts
from .sockets import StoredSockets
from .telling import Telling
from .ticking import Ticking

__all__ = [
    "Conversation",
    "Handshake",
    "StoredLimits",
    "StoredPorts",
    "StoredSockets",
    "Telling",
    "Ticking",
]
