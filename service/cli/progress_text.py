"""Says how far an execution is and what it came to, in the page's words (`progress_words.js`).
Pure."""

from collections.abc import Iterator
from math import floor, log10

from handrail.client import Message

_MINUTE_S, _HOUR_S, _DAY_S = 60, 3600, 86_400


def progress_text(progress: Message, *, over: bool) -> str:
    """`62 %, about 3 min left · 41 transitions · $0.001 · 24,959 events left`; what isn't known is
    left out."""
    far = "over" if over else ", ".join(_far(progress))
    return " · ".join(filter(None, [far, *_spent(progress)]))


def _far(progress: Message) -> Iterator[str]:
    if progress["fraction"] is not None:
        yield f"{floor(progress['fraction'] * 100 + 1e-6)} %"
    if progress["overdue"]:
        usual = progress.get("typical_s")
        yield f"overdue: usually takes {_span(usual)}" if usual else "overdue"
    elif (left := progress["remaining_s"]) is not None:
        yield "a few seconds left" if left < 10 else f"about {_span(left)} left"


def _spent(progress: Message) -> Iterator[str]:
    if progress["transitions"] is not None:
        yield _counted(progress["transitions"], "transition")
    if progress["usd"] is not None:
        yield f"{'at least ' if progress['at_least'] else ''}{_money(progress['usd'])}"
    if (left := progress["events_left"]) is not None:
        yield f"{_counted(left, 'event')} left"
    else:
        yield _counted(progress["events"], "event")


def _span(seconds: float) -> str:
    """`40 s`, `3 min`, `2 h`, `4 d`: no more exact than it is known."""
    if seconds < 10:
        return f"{max(1, _rounded(seconds))} s"
    if seconds < 57.5:
        return f"{_rounded(seconds / 5) * 5} s"
    if seconds < 1.5 * _HOUR_S:
        return f"{_rounded(seconds / _MINUTE_S)} min"
    if seconds < 1.5 * _DAY_S:
        return f"{_rounded(seconds / _HOUR_S)} h"
    return f"{_rounded(seconds / _DAY_S)} d"


def _rounded(number: float) -> int:
    """A half goes up, as in the page."""
    return floor(number + 0.5)


def _money(usd: float) -> str:
    """`$0`, `$0.000025`, `$0.0011`, `$3.20`: two digits that count."""
    if usd >= 0.995:
        return f"${usd:.2f}"
    if usd <= 0:
        return "$0"
    return f"${usd:.{1 - floor(log10(usd))}f}".rstrip("0")


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
