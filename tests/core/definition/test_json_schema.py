"""Inputs are checked against a JSON Schema, and the answer quotes no payload."""

from typing import Any

import pytest

from handrail.core.definition.json_schema import MAX_ERRORS, InputSchema
from handrail.core.errors import FieldError, InvalidDefinition, InvalidInput, InvalidOutput
from handrail.core.json_text import JsonText
from handrail.core.models import Json

ORDER = InputSchema(
    {
        "type": "object",
        "required": ["items", "customer"],
        "additionalProperties": False,
        "properties": {
            "customer": {"$ref": "#/$defs/name"},
            "items": {
                "type": "array",
                "minItems": 1,
                "items": {"type": "object", "properties": {"sku": {"pattern": "^[A-Z]+$"}}},
            },
        },
        "$defs": {"name": {"type": ["string", "null"], "maxLength": 20}},
    }
)


def broken(value: Json, schema: InputSchema = ORDER) -> tuple[FieldError, ...]:
    with pytest.raises(InvalidInput) as refused:
        schema.check(value)
    return refused.value.errors


def test_a_fitting_input_passes() -> None:
    ORDER.check({"customer": None, "items": [{"sku": "A"}]})


@pytest.mark.parametrize(
    ("value", "path", "message"),
    [
        ({"customer": "x", "items": [{"sku": "a"}]}, "input.items[0].sku",
         "must match pattern ^[A-Z]+$"),
        ({"customer": 1, "items": [{}]}, "input.customer", "must be of type string or null"),
        ({"customer": "x", "items": []}, "input.items", "must have at least 1 item"),
        ({"customer": "x", "items": 1}, "input.items", "must be of type array"),
        ({"items": [{}]}, "input", "lacks customer"),
        ({"customer": "x", "items": [{}], "n": 1}, "input",
         "has properties the schema does not know: n"),
        ([], "input", "must be of type object"),
    ],
)  # fmt: skip
def test_a_broken_rule_is_told_with_its_place(value: Json, path: str, message: str) -> None:
    assert broken(value) == (FieldError(path, message),)


@pytest.mark.parametrize(
    ("schema", "value", "message"),
    [
        ({"minimum": 1.5}, 1, "must be at least 1.5"),
        ({"exclusiveMaximum": 2}, 2, "must be less than 2"),
        ({"maxLength": 1}, "ab", "must have at most 1 character"),
        ({"minProperties": 2}, {}, "must have at least 2 members"),
        ({"enum": ["é", 1.5, None]}, 2, 'must be one of "é", 1.5, null'),
        ({"const": {"a": 1}}, 2, 'must be {"a": 1}'),
        ({"uniqueItems": True}, [1, 1], "has the same item twice"),
        ({"oneOf": [{"type": "string"}]}, 2,
         "is written in none of the ways it may be, or in several at once"),
        ({"not": {}}, 2, "breaks not"),
    ],
)  # fmt: skip
def test_a_broken_rule_is_told_in_words(schema: Json, value: Json, message: str) -> None:
    (error,) = broken(value, InputSchema(schema))
    assert error.message == message


def test_each_missing_property_is_its_own_error() -> None:
    assert broken({}) == (FieldError("input", "lacks items"), FieldError("input", "lacks customer"))


def test_large_values_are_never_quoted_and_errors_are_bounded() -> None:
    secret = "SECRET" * 1000
    errors = broken({"customer": secret, "items": [{"sku": f"{secret}{n}!"} for n in range(50)]})

    assert len(errors) == MAX_ERRORS
    assert not any("SECRET" in error.message for error in errors)
    assert not any(
        "SECRET" in e.message for e in broken({secret: 1, "customer": "", "items": [1]})[1:]
    )


def test_a_schema_of_false_takes_nothing() -> None:
    assert broken({}, InputSchema(False)) == (FieldError("input", "is not allowed here"),)


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        ({"type": "strnig"}, "input_schema.type"),
        ({"properties": {"a": {"minLength": -1}}}, "input_schema.properties.a.minLength"),
        ({"pattern": "("}, "input_schema.pattern"),
    ],
)
def test_a_broken_schema_is_the_definitions_fault(schema: dict[str, Json], path: str) -> None:
    with pytest.raises(InvalidDefinition) as refused:
        InputSchema(schema).compile()

    assert [error.path for error in refused.value.errors] == [path]


@pytest.mark.parametrize(
    "reference", ["http://127.0.0.1:9/schema.json", "file:///etc/passwd", "#/$defs/gone"]
)
def test_nothing_is_ever_fetched(reference: str) -> None:
    with pytest.raises(InvalidDefinition, match="outside itself"):
        InputSchema({"$ref": reference}).check({})


def test_hostile_nesting_is_refused_and_not_a_crash() -> None:
    deep: Json = []
    for _ in range(3000):
        deep = [deep]

    with pytest.raises(InvalidInput, match="nested too deeply"):
        InputSchema({"items": {"$ref": "#"}}).check(deep)


@pytest.mark.parametrize(
    ("rules", "number", "fits"),
    [
        ({"multipleOf": 0.1}, "0.3", True),
        ({"multipleOf": 0.01}, "12345678901234567.89", True),
        ({"multipleOf": 0.01}, "12345678901234567.891", False),
        ({"multipleOf": 7}, "1e400", False),
        ({"multipleOf": 5}, "1e400", True),
        ({"multipleOf": 3}, "9" * 4300, True),
        ({"maximum": 9007199254740992}, "9007199254740993", False),
        ({"maximum": 9007199254740992}, "9007199254740992.5", False),
        ({"maximum": 9007199254740992}, "9007199254740992.0", True),
        ({"maximum": 1e308}, "1e400", False),
        ({"exclusiveMinimum": 0.1}, "0.10", False),
        ({"minimum": -1.5}, "-15e-1", True),
        ({"type": "integer"}, "1.0", True),
        ({"type": "integer"}, "1e400", True),
        ({"type": "integer"}, "1.5", False),
        ({"type": "integer"}, "true", False),
        ({"type": "number"}, "1e400", True),
        ({"const": 1.1}, "1.10", True),
        ({"const": 1}, "1.0", True),
        ({"enum": [0.1, True]}, "1", False),
        ({"enum": [12345678901234567890123]}, "12345678901234567890123", True),
        ({"enum": [12345678901234567890123]}, "12345678901234567890124", False),
    ],
)
def test_numbers_are_compared_without_rounding(
    rules: dict[str, Any], number: str, fits: bool
) -> None:
    dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    nested = {**dialect, "properties": {"n": {"$ref": "#/$defs/n"}}, "$defs": {"n": rules}}
    for schema, text in ((rules, number), (nested, f'{{"n": {number}}}')):
        if fits:
            InputSchema(schema).check(JsonText(text))
        else:
            assert broken(JsonText(text), InputSchema(schema))


def test_a_schemas_own_numbers_are_as_written() -> None:
    schema = InputSchema({"const": JsonText("12345678901234567.89")})
    schema.check(JsonText("12345678901234567.890"))
    assert broken(JsonText("12345678901234567.9"), schema)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": 1, "a": 2}', "has an object with the same key twice"),
        ("[1e99999999999999999999]", "holds a number that is too long to be checked"),
        ("[1." + "5" * 5000 + "]", "holds a number that is too long to be checked"),
    ],
)
def test_what_a_schema_can_t_be_held_against_is_refused(text: str, message: str) -> None:
    assert broken(JsonText(text), InputSchema({})) == (FieldError("input", message),)
    with pytest.raises(InvalidOutput):
        InputSchema({}, root="output").check(JsonText(text))
