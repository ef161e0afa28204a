"""Reads and writes what carries a trace from one program to the next: W3C's `traceparent` and
X-Ray's `X-Amzn-Trace-Id`, which is the form of a start's `traceHeader` too.

Sources: https://www.w3.org/TR/trace-context/ and
https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader"""

import re
from dataclasses import dataclass
from typing import Self

_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_ROOT = re.compile(r"1-([0-9a-fA-F]{8})-([0-9a-fA-F]{24})")
_SPAN = re.compile(r"[0-9a-fA-F]{16}")
_NO_TRACE, _NO_SPAN = "0" * 32, "0" * 16
LONGEST_HEADER = 256
"""What AWS takes as a `traceHeader`."""


@dataclass(frozen=True, slots=True)
class TraceContext:
    """Where in which trace something happens. `trace_id` has 32 hexadecimal digits, the first eight
    of which X-Ray reads as the second it began in; `span_id` has 16. It is None, as is `sampled`,
    where a load balancer only names the trace: whoever comes next decides."""

    trace_id: str
    span_id: str | None = None
    sampled: bool | None = None

    @classmethod
    def of_traceparent(cls, text: str) -> Self | None:
        """None for what is none, of a later version too as far as it keeps this form."""
        found = _TRACEPARENT.fullmatch(text.strip())
        if found is None or (text.startswith("00") and found[4] is not None):
            return None
        if found[1] == _NO_TRACE or found[2] == _NO_SPAN:
            return None
        return cls(found[1], found[2], bool(int(found[3], 16) & 1))

    @classmethod
    def of_xray(cls, text: str) -> Self | None:
        """None for what names no trace. A `Self` and a `Lineage` are for others."""
        if len(text) > LONGEST_HEADER:
            return None
        parts = (part.strip().partition("=") for part in text.split(";"))
        fields = {name.strip().lower(): value.strip() for name, _, value in parts}
        root = _ROOT.fullmatch(fields.get("root", ""))
        if root is None or set(root[1] + root[2]) == {"0"}:
            return None
        parent = fields.get("parent", "")
        span_id = parent.lower() if _SPAN.fullmatch(parent) and parent != _NO_SPAN else None
        sampled = {"1": True, "0": False}.get(fields.get("sampled", ""))
        return cls((root[1] + root[2]).lower(), span_id, sampled)

    @property
    def xray_id(self) -> str:
        """The trace's id as X-Ray and its console write it."""
        return f"1-{self.trace_id[:8]}-{self.trace_id[8:]}"

    def xray_header(self) -> str:
        parent = f";Parent={self.span_id}" if self.span_id else ""
        sampled = "" if self.sampled is None else f";Sampled={self.sampled:d}"
        return f"Root={self.xray_id}{parent}{sampled}"
