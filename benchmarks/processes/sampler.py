"""Where a process spends its CPU time: its stack, looked at every 2 ms of it.

Costs next to nothing, unlike cProfile, which charges every call and so blames small functions.
"""

import signal
from collections import Counter
from pathlib import Path
from types import FrameType

LEFT_OUT_S = 1.5
"""CPU seconds at first that aren't looked at: imports and start-up."""

EVERY_S = 0.002
LISTED = 40


class Sampler:
    """Sees the main thread of one process."""

    def __init__(self) -> None:
        self._own: Counter[str] = Counter()
        self._whole: Counter[str] = Counter()

    def start(self) -> None:
        signal.signal(signal.SIGPROF, self._look)
        signal.setitimer(signal.ITIMER_PROF, LEFT_OUT_S, EVERY_S)

    def save(self, path: Path) -> None:
        """Stop, and write down the functions seen most: at work, and anywhere on the stack."""
        signal.setitimer(signal.ITIMER_PROF, 0)
        total = max(1, self._own.total())
        lines = [f"CPU profile, {total} samples: per cent, function"]
        for title, counter in (("by itself", self._own), ("with what it calls", self._whole)):
            lines += ["", title]
            lines += [
                f"{100 * seen / total:5.1f}  {name}" for name, seen in counter.most_common(LISTED)
            ]
        path.write_text("\n".join(lines))

    def _look(self, _: int, frame: FrameType | None) -> None:
        if frame is None:
            return
        self._own[_name(frame)] += 1
        stack = set[str]()
        while frame is not None:
            stack.add(_name(frame))
            frame = frame.f_back
        self._whole.update(stack)


def _name(frame: FrameType) -> str:
    code = frame.f_code
    return f"{'/'.join(Path(code.co_filename).parts[-2:])}:{code.co_qualname}"
