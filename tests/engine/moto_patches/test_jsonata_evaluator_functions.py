"""What Step Functions adds to JSONata."""

from typing import Any

import pytest
from moto.stepfunctions.parser.asl.jsonata.jsonata import JSONataException

from handrail.engine.moto_patches.jsonata_evaluator import evaluate


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("$hash('input', 'SHA-1')", "140f86aae51ab9e1cda9b4254fe98a74eb54c1a1"),
        ("$length($uuid())", 36),
        ("$uuid() = $uuid()", False),
        ("$random(42)", 0.7275636800328681),
        ("$random() < 1", True),
        ("$range(0, 0, 1)", [0]),
        ("$range(1, 9, 3)", [1, 4, 7]),
        ("$range(3, 1, -1)", [3, 2, 1]),
        ("$range(3, 1, 1)", []),
        ("$partition([1, 2, 3], 2)", [[1, 2], [3]]),
        ("$parse('{\"a\": [1]}')", {"a": [1]}),
    ],
)
def test_a_function_gives_what_it_gives_on_aws(expression: str, value: Any) -> None:
    assert evaluate(expression) == value


@pytest.mark.parametrize(
    "expression",
    ["$eval('1+1')", "$hash('a', 'CRC')", "$range(1, 2, 0)", "$partition([1], 0)", "$parse('{')"],
)
def test_what_aws_refuses_is_an_error(expression: str) -> None:
    with pytest.raises(JSONataException):
        evaluate(expression)
