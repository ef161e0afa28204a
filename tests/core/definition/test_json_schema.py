"""Inputs are checked against a JSON Schema, and the answer quotes no payload."""

import pytest

from service.core.definition.json_schema import MAX_ERRORS, InputSchema
from service.core.errors import FieldError, InvalidDefinition, InvalidInput
from service.core.models import Json

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
        ({"customer": "x", "items": []}, "input.items", "breaks minItems: 1"),
        ({"customer": "x", "items": 1}, "input.items", "must be of type array"),
        ({"items": [{}]}, "input", "lacks customer"),
        ({"customer": "x", "items": [{}], "n": 1}, "input",
         "has properties the schema does not know: n"),
        ([], "input", "must be of type object"),
    ],
)  # fmt: skip
def test_a_broken_rule_is_told_with_its_place(value: Json, path: str, message: str) -> None:
    assert broken(value) == (FieldError(path, message),)


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
