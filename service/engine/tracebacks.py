"""Shows where somebody's own Python failed, for the terminal: a log never has it, for payloads and
task tokens may stand in an error's text."""

import re
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import cast

from handrail.core.task_tokens.redaction import redacted

ENGINE_FILES = re.compile(rf"{re.escape(str(Path(__file__).parent))}/|<frozen|.*concurrent/futures")
"""Frames of a traceback that are not a handler's."""
Report = Callable[[str], None]  # told of each failure, in lines for a person


def traceback_of(error: BaseException) -> str:
    """From its first frame outside the engine on, without task tokens."""
    frame = error.__traceback__
    while frame is not None and ENGINE_FILES.match(frame.tb_frame.f_code.co_filename):
        frame = frame.tb_next
    lines = traceback.format_exception(type(error), error, frame)
    return cast(str, redacted("".join(lines))).rstrip()
