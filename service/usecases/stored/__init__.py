"""Serves sockets that API Gateway holds: a table keeps what is known of them, and each invocation
goes on where the one before it stopped."""

from .conversation import Conversation, Handshake
from .limits import StoredLimits
from .ports import StoredPorts
from .sockets import StoredSockets, stored_sockets
from .telling import FanOut
from .ticking import Schedule

__all__ = [
    "Conversation",
    "FanOut",
    "Handshake",
    "Schedule",
    "StoredLimits",
    "StoredPorts",
    "StoredSockets",
    "stored_sockets",
]
