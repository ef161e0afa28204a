"""Reading JSON from an argument: the text itself, `@file`, or `-` for standard input."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

from service.core.models import Json

from .group import Failed
from .outcome import USAGE


def read_json(option: str, text: str, read_stdin: Callable[[], str]) -> Json:
    """The JSON value meant by `text`. Raises Failed, naming `option`."""
    source = _read_source(option, text, read_stdin)
    try:
        return json.loads(source, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise Failed(f"{option} is not JSON: {error}", USAGE) from error


def stdin_text() -> str:
    return sys.stdin.buffer.read().decode("utf-8-sig")


def _read_source(option: str, text: str, read_stdin: Callable[[], str]) -> str:
    try:
        if text == "-":
            return read_stdin()
        if text.startswith("@"):
            return Path(text[1:]).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise Failed(f"{option} can't be read: {error}", USAGE) from error
    return text


def _refuse_constant(name: str) -> Json:
    raise ValueError(f"{name} is no JSON value")
