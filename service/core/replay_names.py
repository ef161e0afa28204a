"""Names an execution that replays another one so that the name alone tells which: any process that
shows it knows, with nothing stored. AWS keeps nothing else of ours with an execution.

`7f3c` is replayed as `7f3c-replay-` and fourteen characters, the last five of which check the rest:
no name has them by chance. Names have 80 characters; a name of more than 58 can't be carried on.
"""

from base64 import b32encode
from hashlib import blake2b

from .limits import MAX_NAME
from .models import ExecutionId

MARK = "-replay-"
NONCE, CHECK = 9, 5
LONGEST_REPLAYED = MAX_NAME - len(MARK) - NONCE - CHECK


def replay_name(of: ExecutionId, seed: str) -> str | None:
    """The name for a replay of this execution; the same for the same `seed`. None where it would be
    too long."""
    if len(of.name) > LONGEST_REPLAYED:
        return None
    nonce = _letters(NONCE, str(of), seed)
    return f"{of.name}{MARK}{nonce}{_letters(CHECK, str(of), nonce)}"


def replayed_by(id: ExecutionId) -> ExecutionId | None:
    """The execution that this one replays, as far as its name tells."""
    if id.express or id.label:
        return None
    head, check = id.name[:-CHECK], id.name[-CHECK:]
    name, mark, nonce = head[: -NONCE - len(MARK)], head[-NONCE - len(MARK) : -NONCE], head[-NONCE:]
    of = ExecutionId(id.machine, name)
    return of if name and mark == MARK and check == _letters(CHECK, str(of), nonce) else None


def _letters(count: int, *texts: str) -> str:
    drawn = blake2b("\n".join(texts).encode(errors="surrogatepass"), digest_size=10).digest()
    return b32encode(drawn).decode().lower()[:count]
