"""Checks what a caller sends by Step Functions' service quotas and the API reference of
StartExecution, StopExecution and CreateStateMachine, before AWS is asked."""

import json
import re
from typing import Literal

from .errors import FieldError, InvalidInput, InvalidName, InvalidOutput, InvalidRequest
from .json_text import json_bytes

MAX_PAYLOAD_BYTES = 262_144
MAX_DEFINITION = 1_048_576
MAX_NAME = 80
MAX_TOKEN = 2048
MAX_ERROR = 256
MAX_CAUSE = 32_768
REFUSED_IN_NAMES = re.compile(
    r'[\s<>{}\[\]?*"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\U0010ffff]'
)

# Of a text that is JSON: nothing of it is read, which would take long where it has many numbers.
_STRING = re.compile(r'"(?:[^"\\]++|\\.)*+"')
_NO_BLANKS = re.compile(rf'(?:[^ \t\n\r"]++|{_STRING.pattern})++')


def check_name(name: str) -> None:
    """The rule of execution, state machine and activity names. Raises InvalidName, which names the
    first character that AWS refuses."""
    message = f"A name has 1 to {MAX_NAME} characters, this one {len(name)}."
    if 1 <= len(name) <= MAX_NAME:
        if (refused := REFUSED_IN_NAMES.search(name)) is None:
            return
        message = f"AWS takes no {_shown(refused[0])} in a name."
    raise InvalidName(message, errors=[FieldError("name", message)])


def check_payload(kind: Literal["input", "output"], text: str) -> str:
    """Answers the payload; without its blanks and with its characters not escaped where it has more
    UTF-8 bytes than AWS takes. Raises InvalidInput or InvalidOutput where it has more even so."""
    if len(text) * 4 <= MAX_PAYLOAD_BYTES or len(text.encode()) <= MAX_PAYLOAD_BYTES:
        return text
    text = "".join(_NO_BLANKS.findall(text))
    spared = 5 * text.count("\\u") + text.count(
        "\\/"
    )  # bytes at most: an escape has six, a character one or more
    if len(text.encode()) - spared <= MAX_PAYLOAD_BYTES:
        text = _STRING.sub(_unescaped, text)
    if (size := len(text.encode())) > MAX_PAYLOAD_BYTES:
        message = f"The {kind} has {size:,} bytes; Step Functions takes {MAX_PAYLOAD_BYTES:,}."
        error = InvalidInput if kind == "input" else InvalidOutput
        raise error(message, errors=[FieldError(kind, message)])
    return text


def check_token(token: str) -> None:
    """Raises InvalidRequest unless it could be a task token."""
    if not 1 <= len(token) <= MAX_TOKEN:
        message = f"A task token has 1 to {MAX_TOKEN:,} characters."
        raise InvalidRequest(message, errors=[FieldError("token", message)])


def check_failure(error: str | None, cause: str | None) -> None:
    """Raises InvalidRequest where the error's name or its cause is longer than AWS takes."""
    for path, text, longest in (("error", error, MAX_ERROR), ("cause", cause, MAX_CAUSE)):
        if text is not None and len(text) > longest:
            message = f"At most {longest:,} characters, this has {len(text):,}."
            raise InvalidRequest(f"{path}: {message}", errors=[FieldError(path, message)])


def _unescaped(string: re.Match[str]) -> str:
    text = string[0]
    return json_bytes(json.loads(text)).decode() if "\\" in text else text


def _shown(character: str) -> str:
    number = f"U+{ord(character):04X}"
    return f"{character} ({number})" if character.isprintable() and character != " " else number
