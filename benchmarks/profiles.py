"""A profile written by a child, as the lines that tell where the time goes."""

import io
import pstats
from pathlib import Path

SHOWN = 30


def hottest(path: Path) -> str:
    """The functions with the most time of their own, then those with the most below them."""
    text = io.StringIO()
    stats = pstats.Stats(str(path), stream=text).strip_dirs()
    stats.sort_stats("tottime").print_stats(SHOWN)
    stats.sort_stats("cumulative").print_stats(SHOWN)
    return text.getvalue()
