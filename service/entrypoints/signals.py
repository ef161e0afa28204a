"""Turns SIGTERM and SIGINT into an event, for whatever runs until it is told to stop."""

import asyncio
import contextlib
import signal
from collections.abc import Iterator

SIGNALS = (signal.SIGTERM, signal.SIGINT)


@contextlib.contextmanager
def stopping(stop: asyncio.Event) -> Iterator[None]:
    """SIGTERM and SIGINT set the event; a second one ends the process at once. That is left to the
    system: a KeyboardInterrupt that comes while an object is finalized is dropped."""
    loop = asyncio.get_running_loop()
    with contextlib.ExitStack() as handlers:

        def once() -> None:
            stop.set()
            for number in SIGNALS:
                loop.remove_signal_handler(number)
                signal.signal(number, signal.SIG_DFL)

        for number in SIGNALS:
            handlers.callback(signal.signal, number, signal.getsignal(number))
            loop.add_signal_handler(number, once)
            handlers.callback(loop.remove_signal_handler, number)
        yield
