"""The ways a token may be written in a string, and a quick test for any of a thousand tokens.

A token of several hundred characters is looked for through its *witness*: six of its characters
that every way of writing it leaves alone. All witnesses stand in a few compiled patterns, so a
string without a token costs a few scans, however many tokens are known; only where a witness is
found are that token's spellings tried.
"""

import base64
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import quote

REDACTED = "[redacted]"
WITNESS_LENGTH = 6
MIN_BASE64_LENGTH = 8
GROWTH = 4

_WINDOW = re.compile(r"(?=([A-Za-z0-9_.~-]{6}))")
_BASE64_WINDOW = re.compile(r"(?=([A-Za-z0-9]{6}))")
_RAREST_FIRST = "QZXJKqzjVYWUGHB~-xNFOMLPDIRSTAEC_7986543210wkvygpbfmhducloisnrate."
_PLAIN = re.compile(r"[A-Za-z0-9_.~-]+")


@dataclass(frozen=True)
class Spelling:
    """One way to write a token, give or take escapes; `tail` may follow or be cut off."""

    text: str
    tail: str = ""
    encoded: bool = False

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        tail = f"(?:{_escapable(self.tail)}{_any_escape('=')}{{0,2}})?" if self.tail else ""
        return re.compile(_escapable(self.text) + tail)

    @cached_property
    def witness(self) -> str | None:
        """Six characters no escaping touches, beginning with one that is rare in JSON texts and
        near the end, where tokens differ most. None where no six such stand side by side."""
        windows = (_BASE64_WINDOW if self.encoded else _WINDOW).findall(self.text)
        return min(windows[::-1], key=_commonness, default=None)


def spellings(token: str) -> Iterator[Spelling]:
    """The token as it is, and in base64 wherever it may stand in what was encoded: what is left
    of it depends on its offset modulo 3."""
    yield Spelling(token)
    data = token.encode("utf-8", "surrogatepass")
    for offset, skipped in enumerate((0, 2, 3)):
        whole = base64.b64encode(bytes(offset) + data).decode()
        end = (offset + len(data)) // 3 * 4
        if end - skipped >= MIN_BASE64_LENGTH:
            tail = "" if offset else whole[end:].rstrip("=")
            yield Spelling(whole[skipped:end], tail, encoded=True)


class KnownTokens:
    """Every token learned so far."""

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._shortest = 0
        self._groups: list[_Group] = []
        self._unwitnessed: list[Spelling] = []

    def add(self, tokens: Iterable[str]) -> None:
        """Learn tokens. Groups of like size are merged, so that learning one by one stays
        cheap."""
        fresh = sorted({token for token in tokens if token} - self._known)
        if not fresh:
            return
        self._known.update(fresh)
        found = [spelling for token in fresh for spelling in spellings(token)]
        shortest = min(len(spelling.text) for spelling in found)
        self._shortest = min(self._shortest or shortest, shortest)
        self._unwitnessed += [spelling for spelling in found if spelling.witness is None]
        group = _Group([spelling for spelling in found if spelling.witness is not None])
        while self._groups and len(self._groups[-1].members) <= GROWTH * len(group.members):
            group = _Group([*self._groups.pop().members, *group.members])
        if group.members:
            self._groups.append(group)

    def redacted(self, text: str) -> str:
        """With every known token replaced; the same object where there is none."""
        if not self._known or len(text) < self._shortest:
            return text
        suspects = [*self._unwitnessed]
        for group in self._groups:
            suspects += group.suspects(text)
        changed = text
        for spelling in sorted(suspects, key=lambda suspect: -len(suspect.text)):
            changed = spelling.pattern.sub(REDACTED, changed)
        return text if changed == text else changed


class _Group:
    """Spellings that are looked for together."""

    def __init__(self, members: list[Spelling]) -> None:
        self.members = members
        self._by_witness: dict[str, list[Spelling]] = {}
        for spelling in members:
            self._by_witness.setdefault(spelling.witness or "", []).append(spelling)

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(_trie(sorted(self._by_witness)))

    def suspects(self, text: str) -> list[Spelling]:
        """Those whose witness stands in the text."""
        found: dict[str, None] = {}
        match = self._pattern.search(text)
        while match is not None:
            found[match[0]] = None
            match = self._pattern.search(text, match.start() + 1)
        return [spelling for witness in found for spelling in self._by_witness[witness]]


def _commonness(window: str) -> int:
    return _RAREST_FIRST.index(window[0])


def _trie(words: list[str]) -> str:
    """A pattern of words of one length that shares their beginnings."""
    if not words[0]:
        return ""
    following: dict[str, list[str]] = {}
    for word in words:
        following.setdefault(word[0], []).append(word[1:])
    options = [re.escape(first) + _grouped(rest) for first, rest in following.items()]
    return "|".join(options)


def _grouped(words: list[str]) -> str:
    inner = _trie(words)
    return f"(?:{inner})" if "|" in inner else inner


def _escapable(text: str) -> str:
    """A pattern of the text in which each character may stand as it is, percent-encoded (more
    than once), or escaped for JSON (more than once)."""
    pieces: list[str] = []
    end = 0
    for plain in _PLAIN.finditer(text):
        pieces += [*map(_any_escape, text[end : plain.start()]), re.escape(plain[0])]
        end = plain.end()
    return "".join((*pieces, *map(_any_escape, text[end:])))


def _any_escape(character: str) -> str:
    percent = quote(character, safe="", errors="surrogatepass").replace("%", "%(?:25)*")
    escaped = json.dumps(character)[1:-1]
    backslashed = re.sub(r"(?:\\\\)+", r"\\\\+", re.escape(escaped))
    options = [
        rf"\\*{re.escape(character)}",
        f"(?i:{percent})",
        # Two ways to read one character would be a million to read twenty of them.
        *(f"(?i:{backslashed})" for _ in "." if not escaped.endswith(character)),
        *(rf"(?i:\\+u{ord(character):04x})" for _ in "." if ord(character) < 0x10000),
        *{" ": (r"\+",), "+": ("-",), "/": ("_",)}.get(character, ()),
    ]
    return f"(?:{'|'.join(options)})"
