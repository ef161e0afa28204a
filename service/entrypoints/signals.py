"""SIGTERM and SIGINT as an event, for whatever runs until it is told to stop."""

import asyncio
import contextlib
import signal
from collections.abc import Iterator

SIGNALS = (signal.SIGTERM, signal.SIGINT)


@contextlib.contextmanager
def stopping(stop: asyncio.Event) -> Iterator[None]:
    """SIGTERM and SIGINT set the event; a second one takes the default way, at once."""
    loop = asyncio.get_running_loop()

    def remove() -> None:
        for number in SIGNALS:
            loop.remove_signal_handler(number)

    def once() -> None:
        stop.set()
        remove()

    for number in SIGNALS:
        loop.add_signal_handler(number, once)
    try:
        yield
    finally:
        remove()
