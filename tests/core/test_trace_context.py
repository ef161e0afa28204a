"""Headers that carry a trace."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.core.trace_context import TraceContext

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
XRAY = "Root=1-4bf92f35-77b34da6a3ce929d0e0e4736"


@pytest.mark.parametrize(
    ("text", "sampled"),
    [
        (f"00-{TRACE}-{SPAN}-01", True),
        (f"00-{TRACE}-{SPAN}-00", False),
        (f"00-{TRACE}-{SPAN}-03", True),
        (f"01-{TRACE}-{SPAN}-01-of-tomorrow", True),
    ],
)
def test_w3c_s_header_is_read(text: str, sampled: bool) -> None:
    assert TraceContext.of_traceparent(text) == TraceContext(TRACE, SPAN, sampled)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "garbage",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01-more",
        f"00-{TRACE}-{SPAN}",
    ],
)
def test_what_is_no_traceparent_is_passed_over(text: str) -> None:
    assert TraceContext.of_traceparent(text) is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"{XRAY};Parent={SPAN};Sampled=1", TraceContext(TRACE, SPAN, True)),
        (f"{XRAY};Parent={SPAN};Sampled=0;Lineage=1:a:0", TraceContext(TRACE, SPAN, False)),
        (f"Self=1-67891234-12456789abcdef012345678;{XRAY}", TraceContext(TRACE)),
        (f" sampled=? ; parent={SPAN.upper()} ; {XRAY.upper()}", TraceContext(TRACE, SPAN)),
        (f"{XRAY};Parent=nothing;Sampled=yes", TraceContext(TRACE)),
    ],
)
def test_x_ray_s_header_is_read_whoever_wrote_it(text: str, found: TraceContext) -> None:
    assert TraceContext.of_xray(text) == found


@pytest.mark.parametrize(
    "text",
    ["", "garbage", "Root=1-4bf92f35", f"Root={TRACE}", f"Root=1-{'0' * 8}-{'0' * 24}", XRAY * 9],
)
def test_what_names_no_trace_is_passed_over(text: str) -> None:
    assert TraceContext.of_xray(text) is None


@given(
    st.text("0123456789abcdef", min_size=32, max_size=32).filter(lambda id: set(id) != {"0"}),
    st.none() | st.text("123456789abcdef", min_size=16, max_size=16),
    st.sampled_from([None, True, False]),
)
def test_what_is_written_for_x_ray_is_read_the_same(
    trace_id: str, span_id: str | None, sampled: bool | None
) -> None:
    written = TraceContext(trace_id, span_id, sampled)
    assert TraceContext.of_xray(written.xray_header()) == written
    assert f"Root={written.xray_id}" in written.xray_header()


@given(st.text(max_size=300))
def test_no_text_is_an_error(text: str) -> None:
    TraceContext.of_xray(text)
    TraceContext.of_traceparent(text)
