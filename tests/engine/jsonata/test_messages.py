"""The words of errors, which are the reference implementation's: its table tells the rest."""

import pytest

from handrail.engine.jsonata.evaluation import QueryFailed, evaluate


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("$sum(['a'])", 'T0412: Argument 1 of function "sum" must be an array of "numbers"'),
        ("$abs('x')", 'T0410: Argument 1 of function "abs" does not match function signature'),
        (
            "($x := 'a'; $x.$abs())",
            'T0411: Context value is not a compatible type with argument 1 of function "abs"',
        ),
        (
            "true and $lookup({}, 1)",
            'T0410: Argument 2 of function "and" does not match function signature',
        ),
        (
            "$substring(1, 2, 3)",
            'T0410: Argument 3 of function "substring" does not match function signature',
        ),
        ("1 + 'a'", 'T2002: The right side of the "+" operator must evaluate to a number'),
        (
            "1 < 'a'",
            'T2009: The values 1 and "a" either side of operator "<" must be of the same data type',
        ),
        ("-'a'", 'D1002: Cannot negate a non-numeric value: "a"'),
        ("$number('x')", 'D3030: Unable to cast value to a number: "x"'),
        ("$error('oops')", "D3137: oops"),
        ("[1", 'S0203: Expected "]" before end of expression'),
        ("!true", 'S0204: Unknown operator: "!"'),
    ],
)
def test_an_error_says_what_the_reference_says(expression: str, message: str) -> None:
    with pytest.raises(QueryFailed) as caught:
        evaluate(expression, {})
    assert str(caught.value) == message
