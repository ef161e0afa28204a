"""Which templates can be evaluated."""

import pytest

from handrail.core.models import Json
from handrail.core.news.then_expressions import evaluated, faults_of

from .made_news import AT


@pytest.mark.parametrize(
    "template",
    [
        None,
        1,
        "text",
        "{% $states.input.a & $string($states.output) %}",
        {"a": ["{% ($x := $states.errorOutput; $x.Error) %}"], "b": "{% $states.context %}"},
        "{% $partition($range(1, 9, 1), 2) %}",
        "{% $hash($parse('1') ~> $string(), 'MD5') %}",
        "{% $states.input.items[price > 5].name %}",
    ],
)
def test_what_can_be_evaluated_has_no_fault(template: Json) -> None:
    assert list(faults_of(template)) == []


@pytest.mark.parametrize(
    ("expression", "fault"),
    [
        ("1 +", "Unexpected end of expression"),
        ("order", "Reference to 'order' at the top level is not supported."),
        ("$states.result", "there is no $states.result here"),
        ("$order", "there is no variable $order here"),
        ("$random()", "$random() gives another input each time, and the same news starts the same"),
        ("$eval('1')", "Step Functions has no $eval()"),
        (
            "$match('a', /a+/)",
            "regular expressions aren't evaluated here, since they can take any time",
        ),
    ],
)
def test_what_never_could_is_told_with_its_place(expression: str, fault: str) -> None:
    template = {"a": [1, f"{{% {expression} %}}"]}
    assert list(faults_of(template)) == [f"input.a[1]: {fault}"]


@pytest.mark.parametrize("half", ["{% 1", "1 %}", " {% 1 %}"])
def test_half_an_expression_is_a_fault(half: str) -> None:
    assert list(faults_of(half)) == ["input begins with {% and ends with %}, or neither"]


def test_values_take_the_place_of_their_expressions() -> None:
    template = {"a": ["{% $states.input.n %}", 2], "{% 1 %}": "b"}
    assert evaluated(template, {"input": {"n": [1]}}, AT) == {"a": [[1], 2], "{% 1 %}": "b"}
