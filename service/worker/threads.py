"""Calls plain functions in threads that keep no process alive."""

import asyncio
import contextlib
import contextvars
from collections.abc import Callable
from functools import partial
from threading import Thread
from typing import Any


async def call_in_thread(function: Callable[..., Any], *args: Any, done: Callable[[], None]) -> Any:
    """Answers what the function returns, or raises. `done` is called on the loop when the function
    is over, which may be long after this wait was cancelled: nothing can end a thread. But unlike
    asyncio.to_thread's, this thread doesn't keep a process that was told to end."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Any] = loop.create_future()
    context = contextvars.copy_context()

    def settle(outcome: Callable[[], None]) -> None:
        done()
        if not future.done():
            outcome()

    def call() -> None:
        try:
            outcome = partial(future.set_result, context.run(function, *args))
        except StopIteration as error:  # which no future takes
            stopped = RuntimeError(f"StopIteration: {error}")
            stopped.__cause__ = error
            outcome = partial(future.set_exception, stopped)
        except BaseException as error:  # handed over, whatever it is
            outcome = partial(future.set_exception, error)
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any longer
            loop.call_soon_threadsafe(settle, outcome)

    Thread(target=call, name="activity", daemon=True).start()
    return await future
