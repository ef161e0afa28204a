"""Asks the service on this machine whether it lives: exit code 0, or else 1. It is the image's
HEALTHCHECK, a process of its own every half minute, so it imports next to nothing."""

import socket
import sys
from collections.abc import Sequence

HOST = "127.0.0.1"
PORT = 8000
DEADLINE_S = 4.0
_ASK = f"GET /healthz HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode()
_STATUS_LINE_BYTES = 12


def main(arguments: Sequence[str]) -> int:
    """Answers the exit code; one line on stderr, which container engines keep, says why not 0."""
    try:
        answer = ask(int(arguments[0]) if arguments else PORT)
        if answer.split()[1:] != [b"200"]:
            raise ValueError(repr(answer))
    except (OSError, ValueError, OverflowError) as error:
        print(f"not healthy: {error}", file=sys.stderr)
        return 1
    return 0


def ask(port: int) -> bytes:
    """Reads the answer's version and status. Raises OSError where none comes in time."""
    with socket.create_connection((HOST, port), DEADLINE_S) as connection:
        connection.sendall(_ASK)
        answer = b""
        while len(answer) < _STATUS_LINE_BYTES and (read := connection.recv(_STATUS_LINE_BYTES)):
            answer += read
    return answer[:_STATUS_LINE_BYTES]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
