"""Turns SIGTERM and SIGINT into an event, for whatever runs until it is told to stop."""

import asyncio
import contextlib
import signal
from collections.abc import Iterator


@contextlib.contextmanager
def stopping(stop: asyncio.Event) -> Iterator[None]:
    """SIGTERM and SIGINT set the event; a second one takes the default way, at once."""
    loop = asyncio.get_running_loop()
    with contextlib.ExitStack() as handlers:

        def once() -> None:
            stop.set()
            handlers.close()

        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, once)
            handlers.callback(loop.remove_signal_handler, number)
        yield
