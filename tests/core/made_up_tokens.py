"""Task tokens in the forms AWS's were seen in, made up: the bytes behind the form are a seed's."""

import base64
import hashlib

OLD = "AAAAKgAAAAIAAAAAAAAAA"
NEW = "AQCEAAAAKgAAAAMAAAAAAAAAA"


def aws_token(length: int, *, form: str = NEW, seed: int = 1, padded_at: int | None = None) -> str:
    """A token of so many characters; `padded_at` is where one chunk's padding stands inside it."""
    secret = hashlib.shake_256(bytes([seed])).digest(length)
    made = (form + base64.b64encode(secret).decode())[:length]
    return made if padded_at is None else f"{made[:padded_at]}=={made[padded_at + 2 :]}"


SHAPES = {
    "old": aws_token(612, form=OLD),
    "old, padded": aws_token(610, form=OLD, seed=2) + "==",
    "today's": aws_token(652, seed=3),
    "today's, padded": aws_token(894, seed=4) + "==",
    "today's, of two chunks": aws_token(736, seed=5, padded_at=178),
    "today's, of two padded chunks": aws_token(735, seed=6, padded_at=178) + "=",
    "the longest": aws_token(2048, seed=7),
    "short": aws_token(64, seed=8),
}
"""By name; the longest is as long as AWS says that a token may be."""
