"""A token is cut out of a larger string by what stands around it, in a bounded number of pieces."""

import json

import pytest

from handrail.core.task_tokens.matching import (
    MOST_CUTS,
    MOST_READ,
    LiteralText,
    cuts,
    decoded,
    parsed,
    tokens_within,
)
from handrail.core.task_tokens.shapes import MAX_TOKEN_LENGTH
from tests.core.definitions import AWS_TOKEN, UUID_TOKEN
from tests.core.made_up_tokens import NEW

PAYLOAD = 32 * 1024


def long(unit: str) -> str:
    return (unit * (PAYLOAD // len(unit) + 1))[:PAYLOAD]


@pytest.mark.parametrize("longest", [MAX_TOKEN_LENGTH, None])
@pytest.mark.parametrize("edge", ["A", "AA", ""])
def test_pieces_between_edges_are_few_and_together_a_few_times_the_string(
    edge: str, longest: int | None
) -> None:
    value = long(f"{NEW}A A")
    found = list(
        cuts(value, LiteralText(edge, whole=False), LiteralText(edge, whole=False), longest)
    )

    assert len(found) <= MOST_CUTS * MOST_CUTS
    assert sum(map(len, found)) <= (MOST_READ + 1) * len(value)
    assert longest is None or all(len(piece) <= longest for piece in found)


def test_the_one_piece_between_certain_edges_is_read_however_long() -> None:
    value = json.dumps({"context": long("x")})

    found = cuts(
        f"ctx={value}", LiteralText("ctx=", whole=True), LiteralText("", whole=True), longest=None
    )

    assert list(found) == [value]


def test_what_looks_like_a_token_comes_before_shorter_pieces() -> None:
    edges = LiteralText("=", whole=False), LiteralText("&", whole=False)

    assert next(cuts(f"a=b&t={AWS_TOKEN}&", *edges, None)) == AWS_TOKEN


def test_tokens_are_told_by_their_look_in_any_value_and_aws_s_first() -> None:
    assert [*tokens_within({"a": [AWS_TOKEN], "b": UUID_TOKEN})] == [AWS_TOKEN]
    assert [*tokens_within(["\ud800", f"id {UUID_TOKEN}"])] == [UUID_TOKEN]
    assert [*tokens_within("nothing")] == []


def test_numbers_are_read_as_their_lengths_and_what_is_no_json_as_nothing() -> None:
    assert decoded('{"n": 123, "t": "x"}') == {"n": 3, "t": "x"}
    assert decoded("{") is decoded("[" * 100_000) is parsed("123") is None
    assert parsed("[]") == []
