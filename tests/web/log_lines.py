"""Log lines as they are written, with what their context says."""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from structlog.testing import capture_logs
from structlog.typing import EventDict

from .served import eventually


@contextmanager
def logged() -> Iterator[list[EventDict]]:
    with capture_logs([structlog.contextvars.merge_contextvars]) as lines:
        yield lines


async def line_of(lines: list[EventDict], event: str, **facts: object) -> EventDict:
    """The one line of this event with these facts, once it is written: a request's is once its
    answer has gone out."""

    def found() -> list[EventDict]:
        wanted = {"event": event, **facts}.items()
        return [line for line in lines if wanted <= {k: _plain(v) for k, v in line.items()}.items()]

    await eventually(found)
    (line,) = found()
    return line


def _plain(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value
