"""Texts made to be slow to redact: pieces of what the patterns look for, repeated up to the longest
payload AWS takes, in every pair and in drawn mixtures."""

import hashlib
import json
from collections.abc import Iterator
from itertools import permutations
from random import Random

PAYLOAD = 256 * 1024
"""Characters; AWS takes 262,144 bytes."""

LEARNED = tuple(
    f"{n:08x}-5a0e-4c39-9f6c-{hashlib.sha256(bytes(str(n), 'ascii')).hexdigest()[:12]}"
    for n in range(10_000)
)
"""Tokens as the embedded engine's: of those AWS's, none needs to be remembered."""

AWS = "AQCEAAAAKgAAAAMAAAAAAAAAA"
PIECES = (
    *("A", "AAAA", "AAAAKgAAAA", "AAAAKgAAAAM", AWS, "AQCE", AWS + "7/Q+x9" * 100, AWS + " "),
    *("QUFBQUtnQUFBQ", "b", "7/", "+", "=", "==", "-", "_", "x" * 199 + " "),
    *("%", "%2", "%25", "%2B", "%252B", "%3D", "\\", "\\\\", "\\/", "\\u00", "\\u002b", "\\n"),
    *('"', '\\"', '\\\\\\"', "task", '"task', '"tasktoken', '"tasktoken"', '"tasktoken":'),
    *('"tasktoken":"', '"taskToken":"x",', '\\"task_token\\":\\"', '\\"task-token\\": \\"x\\"'),
    *(
        ":",
        " ",
        "\n",
        "0123456789abcdef",
        "0b6dc2b1-",
        "0b6dc2b1-5a0e-4c39-9f6c-",
        "é",
        "😀",
        "{",
        "[",
    ),
    *(LEARNED[7], LEARNED[7][:35], LEARNED[7][13:], LEARNED[7][13:35]),
)
PARAMETERS = (
    "[],",
    "{},",
    '"",',
    "1e5,",
    "12,",
    '"x",',
    '{"":1},',
    '"[{}]",',
    '{"TaskToken":"x"},',
)
"""What JSON arrays are filled with."""


def texts(drawn: int) -> Iterator[tuple[str, str]]:
    """Each with a name that says what it is made of."""
    for piece in PIECES:
        yield named(piece)
    for pair in permutations(PIECES, 2):
        yield named(*pair)
    random = Random(20)  # noqa: S311 - the same texts in every run
    for _ in range(drawn):
        yield named(*random.sample(PIECES, random.randint(3, 6)))


def named(*pieces: str) -> tuple[str, str]:
    """Repeated to the full length."""
    unit = "".join(pieces)
    return " ".join(ascii(piece[:24]) for piece in pieces), (unit * (PAYLOAD // len(unit) + 1))[
        :PAYLOAD
    ]


def parameters() -> Iterator[tuple[str, str]]:
    """JSON objects with a message that a template is held against, and one member full of each
    filling."""
    for piece in PARAMETERS:
        filling = "[" + (piece * (PAYLOAD // len(piece))).rstrip(",") + "]"
        yield ascii(piece), f'{{"Body": "no", "Odd": {filling}}}'
    for piece in PIECES:
        text = named(piece)[1][: PAYLOAD // 2]
        yield (
            ascii(piece[:24]),
            json.dumps({"Body": text, "Odd": text}, ensure_ascii=False)[:-1] + "}",
        )
