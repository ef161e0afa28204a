"""What stored sockets are served through."""

from dataclasses import dataclass

from service.core.stored import Connections, Nudges, Posts, Watches


@dataclass(frozen=True, slots=True)
class StoredPorts:
    connections: Connections
    watches: Watches
    posts: Posts
    nudges: Nudges
