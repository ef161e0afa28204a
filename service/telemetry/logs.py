"""Writes structured log lines. Fields are identifiers and outcomes; task tokens, credentials and
payloads never get this far."""

import logging
import sys
from typing import Any, TextIO, cast

import structlog
from pydantic_core import to_json

from handrail.core.task_tokens.redaction import redacted


def configure_logs(level: str, format: str, *, stream: TextIO = sys.stderr) -> None:
    """Writes a line an event, JSON or columns for a person. `format` is auto, json or console."""
    console = format == "console" or (format == "auto" and stream.isatty())

    def as_json(fields: dict[str, Any], **_: Any) -> str:
        return to_json(fields, fallback=repr, inf_nan_mode="strings").decode()

    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(
            colors=stream.isatty(),
            exception_formatter=structlog.dev.plain_traceback,  # others show local variables
        )
        if console
        else structlog.processors.JSONRenderer(serializer=as_json)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *([] if console else [structlog.processors.format_exc_info]),
            renderer,
            # No line of ours has a task token, but a traceback shows other people's messages.
            lambda _logger, _method, line: cast(Any, redacted(cast(str, line))),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.PrintLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )
