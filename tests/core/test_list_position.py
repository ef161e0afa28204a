"""Page tokens of lists: what is written is read, and nothing else is taken."""

import zlib
from base64 import urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.core.errors import InvalidRequest
from handrail.core.list_position import (
    LARGEST_TOKEN,
    LONGEST_TOKEN,
    ListPosition,
    MachinePosition,
    asked_for,
)
from handrail.core.models import ExecutionStatus

POSITIONS = st.builds(
    MachinePosition,
    st.none() | st.text(min_size=1, max_size=40),
    st.none() | st.text("0123456789abcdef", min_size=12, max_size=12),
    st.none() | st.integers(0, 10**14 - 1),
)
STATUSES = st.none() | st.sampled_from(ExecutionStatus)
MACHINES = st.dictionaries(st.text(min_size=1, max_size=80), POSITIONS, min_size=1, max_size=5)


@given(st.text(max_size=12), STATUSES, MACHINES, st.lists(st.text(max_size=80), max_size=3))
def test_a_token_says_where_every_machine_goes_on(
    asked: str,
    status: ExecutionStatus | None,
    machines: dict[str, MachinePosition],
    unlisted: list[str],
) -> None:
    position = ListPosition(asked, status, machines, tuple(unlisted))
    text = position.text()
    assert text is not None
    assert ListPosition.parse(text, asked=asked, status=status) == position


def test_where_nothing_is_left_there_is_no_token() -> None:
    assert ListPosition("", unlisted=("orders",)).text() is None


def test_a_token_too_long_for_a_url_leaves_the_longest_positions_out_and_says_so() -> None:
    tokens = [urlsafe_b64encode(bytes((i * j) % 251 for j in range(1500))) for i in range(1, 40)]
    machines = {f"m{i}": MachinePosition(token.decode()) for i, token in enumerate(tokens)}
    machines["short"] = MachinePosition()
    random = {f"r{i}": MachinePosition(_noise(i)) for i in range(60)}
    text = ListPosition("", None, machines | random).text()
    assert text is not None
    assert len(text) <= LONGEST_TOKEN < 8 * 1024 - 512  # which are left to the rest of the address
    read = ListPosition.parse(text, asked="", status=None)
    assert read.unlisted
    assert "short" in read.machines
    assert {*read.unlisted, *read.machines} == {*machines, *random}


def _noise(seed: int) -> str:
    state, letters = seed + 1, []
    for _ in range(900):
        state = state * 6364136223846793005 + 1442695040888963407 & (2**64 - 1)
        letters.append(chr(33 + (state >> 40) % 90))
    return "".join(letters)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "é",
        "\ud800",
        "AAAA",
        urlsafe_b64encode(zlib.compress(b"{}")).decode(),
        urlsafe_b64encode(zlib.compress(b"[" * 10_000)).decode(),
        urlsafe_b64encode(
            zlib.compress(b'{"asked":"","machines":{"orders":{"token":""}}}')
        ).decode(),
        urlsafe_b64encode(
            zlib.compress(b'{"asked":"","machines":{"orders":{"last":"a","last_ms":%d}}}' % 10**14)
        ).decode(),
        urlsafe_b64encode(zlib.compress(b" " * (2 * LARGEST_TOKEN) + b"{}")).decode(),
    ],
)
def test_what_is_no_token_of_ours_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        ListPosition.parse(text, asked="", status=None)
    assert [error.path for error in refused.value.errors] == ["page"]


def test_another_list_s_token_is_refused() -> None:
    asked = asked_for(["orders"])
    text = ListPosition(asked, None, {"orders": MachinePosition()}).text()
    assert text is not None
    ListPosition.parse(text, asked=asked_for(("orders",)), status=None)
    for other, status in ((asked, ExecutionStatus.FAILED), ("", None), (asked_for(["x"]), None)):
        with pytest.raises(InvalidRequest):
            ListPosition.parse(text, asked=other, status=status)


def test_the_order_in_which_machines_are_named_makes_no_other_list() -> None:
    assert asked_for(["a", "b"]) == asked_for(["b", "a"]) != asked_for(["a"])
    assert asked_for([]) == ""
