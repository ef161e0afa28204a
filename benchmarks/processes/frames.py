"""Counting WebSocket frames as cheaply as Python can: the headers are read, the payloads aren't."""


class FrameCounter:
    """One connection's stream of unmasked frames (RFC 6455 section 5.2), in any pieces."""

    __slots__ = ("_rest",)

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> int:
        """How many frames these bytes complete."""
        if self._rest:
            data = self._rest + data
        number = at = 0
        while (end := frame_end(data, at)) <= len(data):
            number += 1
            at = end
        self._rest = data[at:]
        return number


def frame_end(data: bytes, at: int) -> int:
    """Where the frame that begins here ends; behind the data where that isn't known yet."""
    if len(data) < at + 2:
        return at + 2
    size = data[at + 1]
    if size < 126:
        return at + 2 + size
    header = 4 if size == 126 else 10
    if len(data) < at + header:
        return at + header
    return at + header + int.from_bytes(data[at + 2 : at + header])
