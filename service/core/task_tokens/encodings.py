"""Spells a token in every way that a text may hold it: as it is, in base64, and escaped."""

import base64
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from urllib.parse import quote

from .shapes import Span

PIECE = 16
ANCHOR = 2 * PIECE - 1
MIN_BASE64_LENGTH = 8
LONGEST_ESCAPE = 64

_STRETCH = re.compile(r"[A-Za-z0-9_.~-]+|[^A-Za-z0-9_.~-]")
_CLEAN = re.compile(r"[A-Za-z0-9_.~-]+")


@dataclass(frozen=True, slots=True, eq=False)
class Spelling:
    """One way to write a token: stretches that are never escaped, and the characters between them.
    `anchored` is the longest stretch, of those long enough the last, as tokens differ most there;
    `after` begins with it. `bare` where there is nothing else. `tail` may be cut off."""

    before: tuple[str, ...]
    anchored: str
    after: tuple[str, ...]
    tail: tuple[str, ...]
    bare: bool

    @classmethod
    def of(cls, text: str, tail: str = "") -> "Spelling":
        stretches = tuple(_STRETCH.findall(text))
        clean = [len(each) if _CLEAN.match(each) else 0 for each in stretches]
        last = max(range(len(clean)), key=lambda at: (min(clean[at], ANCHOR), at))
        bare = len(stretches) == 1 and clean[0] > 0 and not tail
        ends = tuple(_STRETCH.findall(tail))
        return cls(stretches[:last], stretches[last], stretches[last:], ends, bare)

    def span_at(self, text: str, at: int) -> Span | None:
        """Its span where `anchored` begins at this index."""
        if self.bare:  # the embedded engine's are, and there may be thousands in a text
            there = at >= 0 and text.startswith(self.anchored, at)
            return (at, at + len(self.anchored)) if there else None
        end = _read(self.after, text, at)
        start = None if end is None else _read(self.before, text, at, back=True)
        if start is None or end is None:
            return None
        padded = _read(self.tail, text, end) if self.tail else None
        for _ in "==":
            padded = None if padded is None else _read("=", text, padded) or padded
        return start, padded or end


def spellings(token: str) -> Iterator[Spelling]:
    """The token as it is, and in base64 at any offset in what was encoded: the characters that
    are certain depend on the offset modulo 3."""
    yield Spelling.of(token)
    data = token.encode("utf-8", "surrogatepass")
    for offset, skipped in enumerate((0, 2, 3)):
        whole = base64.b64encode(bytes(offset) + data).decode()
        end = (offset + len(data)) // 3 * 4
        if end - skipped >= MIN_BASE64_LENGTH:
            yield Spelling.of(whole[skipped:end], "" if offset else whole[end:].rstrip("="))


def _read(stretches: Sequence[str], text: str, at: int, *, back: bool = False) -> int | None:
    """The index where these stretches end if they begin here; with `back`, where they begin if they
    end here. Takes as few backslashes as it can where some may be the token's."""
    for index in range(len(stretches))[:: -1 if back else 1]:
        stretch = stretches[index]
        if _CLEAN.match(stretch):
            start = at - len(stretch) if back else at
            there = start >= 0 and text.startswith(stretch, start)
            found = (start if back else at + len(stretch)) if there else None
        elif back and index and stretches[index - 1] == "\\":
            starts = range(at - 1, max(0, at - LONGEST_ESCAPE) - 1, -1)
            found = next((e for e in starts if _escapes(stretch).fullmatch(text, e, at)), None)
        elif back:
            match = _escapes(stretch, at_end=True).search(text, max(0, at - LONGEST_ESCAPE), at)
            found = match.start() if match else None
        elif stretch == "\\" and not all(map(_CLEAN.match, stretches[index + 1 : index + 2])):
            ends = range(at + 1, at + LONGEST_ESCAPE)
            found = next((e for e in ends if _escapes(stretch).fullmatch(text, at, e)), None)
        else:
            match = _escapes(stretch).match(text, at)
            found = match.end() if match else None
        if found is None:
            return None
        at = found
    return at


@cache
def overlapping(anchor: str) -> re.Pattern[str]:
    """Finds this stretch of a spelling, also where it overlaps itself."""
    return re.compile(f"(?={re.escape(anchor) if _CLEAN.match(anchor) else _any_escape(anchor)})")


@cache
def _escapes(character: str, *, at_end: bool = False) -> re.Pattern[str]:
    return re.compile(_any_escape(character) + (r"\Z" if at_end else ""))


def _any_escape(character: str) -> str:
    """A pattern of the character as it is, percent-encoded (more than once), or escaped for JSON
    (more than once, five levels deep at most)."""
    percent = quote(character, safe="", errors="surrogatepass").replace("%", "%(?:25)*")
    escaped = json.dumps(character)[1:-1]
    backslashed = re.sub(r"(?:\\\\)+", r"\\\\{1,31}", re.escape(escaped))
    options = [
        rf"\\{{0,31}}{re.escape(character)}",
        f"(?i:{percent})",
        # Two ways to read one character would be a million to read twenty of them.
        *(f"(?i:{backslashed})" for _ in "." if not escaped.endswith(character)),
        *(rf"(?i:\\{{1,31}}u{ord(character):04x})" for _ in "." if ord(character) < 0x10000),
        *{" ": (r"\+",), "+": ("-",), "/": ("_",)}.get(character, ()),
    ]
    return f"(?:{'|'.join(options)})"
