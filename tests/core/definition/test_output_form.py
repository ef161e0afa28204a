"""A form for a callback's output, and the output a form means."""

from typing import Any

import pytest

from handrail.core.definition.output_form import FormField, form_fields, read_fields
from handrail.core.errors import InvalidOutput
from handrail.core.json_text import JsonText

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "approved": {"type": "boolean", "title": "Approve it?"},
        "amount": {"type": "number", "description": "In euros."},
        "parcels": {"type": "integer", "default": 2},
        "carrier": {"enum": ["post", "van", 7, None], "default": "van"},
        "note": {"type": "string", "maxLength": 2000},
        "approved_by": {"type": "string"},
    },
    "required": ["approved", "approved_by"],
}


def fields(schema: Any = SCHEMA) -> tuple[FormField, ...]:
    found = form_fields(schema)
    assert found is not None
    return found


def typed(**values: str) -> dict[str, str]:
    return {f"output.{name}": text for name, text in values.items()}


def test_a_flat_schema_becomes_fields() -> None:
    shown = {field.name: (field.kind, field.title, field.required) for field in fields()}
    assert shown == {
        "approved": ("choice", "Approve it?", True),
        "amount": ("number", "Amount", False),
        "parcels": ("integer", "Parcels", False),
        "carrier": ("choice", "Carrier", False),
        "note": ("long", "Note", False),
        "approved_by": ("text", "Approved by", True),
    }


def test_fields_start_with_the_schema_s_defaults() -> None:
    assert [field.default for field in fields()] == ["", "", "2", '"van"', "", ""]


def test_choices_show_words_and_send_json() -> None:
    chosen = {field.name: field.choices for field in fields()}
    assert [(c.text, c.label) for c in chosen["approved"]] == [("true", "Yes"), ("false", "No")]
    assert [(c.text, c.label) for c in chosen["carrier"]] == [
        ('"post"', "post"),
        ('"van"', "van"),
        ("7", "7"),
        ("null", "null"),
    ]


def test_one_and_zero_are_no_yes_and_no() -> None:
    (field,) = fields({"type": "object", "properties": {"a": {"enum": [0, 1, True]}}})
    assert [choice.label for choice in field.choices] == ["0", "1", "Yes"]


@pytest.mark.parametrize(
    "schema",
    [
        None,
        True,
        {},
        {"type": "array"},
        {"type": "object"},
        {"type": "object", "properties": {}},
        {"type": "object", "properties": {"a": {"type": "array"}}},
        {"type": "object", "properties": {"a": {"type": "object"}}},
        {"type": "object", "properties": {"a": {"type": ["string", "null"]}}},
        {"type": "object", "properties": {"a": {"enum": [[1]]}}},
        {"type": "object", "properties": {"a": {"type": "string", "anyOf": []}}},
        {"type": "object", "properties": {"a": {"$ref": "#/$defs/a"}}},
        {"type": "object", "properties": {"a": True}},
        {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["b"]},
    ],
)
def test_what_isnt_that_simple_is_left_to_json(schema: Any) -> None:
    assert form_fields(schema) is None


def test_what_is_typed_becomes_the_value_that_was_meant() -> None:
    output = read_fields(
        fields(),
        typed(
            approved="true",
            amount=" 12.5 ",
            parcels="3",
            carrier='"post"',
            note="two\nlines",
            approved_by="Ada",
        ),
    )
    assert output == {
        "approved": True,
        "amount": JsonText("12.5"),
        "parcels": 3,
        "carrier": "post",
        "note": "two\nlines",
        "approved_by": "Ada",
    }


def test_what_may_be_left_empty_is_left_out() -> None:
    output = read_fields(fields(), typed(approved="false", amount=" ", approved_by="Ada"))
    assert output == {"approved": False, "approved_by": "Ada"}


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("approved", "", "is needed"),
        ("approved", "yes", "must be one of the choices"),
        ("approved_by", "  ", "is needed"),
        ("amount", "12,5", "must be a number"),
        ("amount", "true", "must be a number"),
        ("amount", "NaN", "must be a number"),
        ("amount", "Infinity", "must be a number"),
        ("parcels", "2.5", "must be a whole number"),
        ("parcels", "1e9999", "must have 4,300 digits at most"),
        ("parcels", "1e99999999999999999999", "must be a number"),
        ("carrier", "post", "must be one of the choices"),
    ],
)
def test_what_cant_be_read_is_said_beside_its_field(name: str, text: str, message: str) -> None:
    values = {"approved": "true", "approved_by": "Ada"} | {name: text}
    with pytest.raises(InvalidOutput) as caught:
        read_fields(fields(), typed(**values))
    assert [(e.path, e.message) for e in caught.value.errors] == [(f"output.{name}", message)]


def test_a_whole_number_may_be_written_with_a_point() -> None:
    (field,) = fields({"type": "object", "properties": {"n": {"type": "integer"}}})
    assert read_fields((field,), typed(n="3.0")) == {"n": 3}


@pytest.mark.parametrize("number", ["12345678901234567.89", "1.10", "1E5", "-0.0", "1e400"])
def test_a_number_is_passed_on_as_it_was_typed(number: str) -> None:
    (field,) = fields({"type": "object", "properties": {"n": {"type": "number"}}})
    assert read_fields((field,), typed(n=f" {number} ")) == {"n": JsonText(number)}


def test_a_whole_number_of_many_digits_is_kept() -> None:
    (field,) = fields({"type": "object", "properties": {"n": {"type": "integer"}}})
    assert read_fields((field,), typed(n="12345678901234567890123")) == {
        "n": 12345678901234567890123
    }
