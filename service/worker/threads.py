"""Plain functions in threads that keep no process alive."""

import asyncio
import contextlib
import contextvars
from collections.abc import Callable
from threading import Thread
from typing import Any


async def call_in_thread(function: Callable[..., Any], *args: Any, done: Callable[[], None]) -> Any:
    """What the function returns or raises. `done` is called on the loop when the function is over,
    which may be long after this wait was cancelled: nothing can end a thread.

    Unlike asyncio.to_thread's, this thread is no reason for a process to stay that was told to end.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Any] = loop.create_future()
    context = contextvars.copy_context()

    def settle(result: Any, error: BaseException | None) -> None:
        done()
        if future.done():
            return
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)

    def call() -> None:
        result: Any = None
        problem: BaseException | None = None
        try:
            result = context.run(function, *args)
        except StopIteration as error:  # which no future takes
            problem = RuntimeError(f"StopIteration: {error}")
            problem.__cause__ = error
        except BaseException as error:  # handed over, whatever it is
            problem = error
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any longer
            loop.call_soon_threadsafe(settle, result, problem)

    Thread(target=call, name="activity", daemon=True).start()
    return await future
