"""What Hypercorn is told, and what only this server's own parts ask for."""

from hypercorn.config import Config


class ServerConfig(Config):
    """Hypercorn's settings and three more."""

    max_frames_per_s: float
    """WebSocket frames of every kind, a burst of 4 s aside."""

    head_bytes: int
    """The longest head of a request."""

    origins: frozenset[str]
    """Sites whose pages may read what the server itself refuses."""
