"""What a name or a path in `machine.json` means in what a task was called with."""

import pytest

from handrail.core.definition.parameter_references import (
    Missing,
    check_reference,
    find,
    last_name,
    read_parameters,
)
from handrail.core.models import Json

ORDER: Json = {"order_id": "A-1", "lines": [{"a b": 1}], "customer": {"name": "Ada"}}


@pytest.mark.parametrize(
    "parameters",
    [
        ORDER,
        {"FunctionName": "ship", "Payload": ORDER},
        {"QueueUrl": "https://q", "MessageBody": ORDER},
        {"TopicArn": "arn", "Message": ORDER},
        {"StateMachineArn": "arn", "Input": ORDER},
        {"ApiEndpoint": "https://a", "RequestBody": ORDER},
        {"Entries": [{"DetailType": "asked", "Detail": ORDER}]},
        {"MessageBody": ' {"order_id": "A-1", "lines": [{"a b": 1}], "customer": {"name": "Ada"}}'},
    ],
)
@pytest.mark.parametrize(
    ("reference", "value"),
    [("order_id", "A-1"), ("lines[0]['a b']", 1), ("customer.name", "Ada")],
)
def test_a_bare_name_is_found_in_what_the_parameters_carry(
    parameters: Json, reference: str, value: Json
) -> None:
    assert find(reference, parameters) == value


def test_the_parameters_themselves_come_first_and_then_each_carrier_in_turn() -> None:
    parameters = {"amount": 1, "Message": {"amount": 3, "b": 3}, "Payload": {"amount": 2, "b": 2}}
    assert find("amount", parameters) == 1
    assert find("b", parameters) == 2
    assert find("$.Message.b", parameters) == 3


def test_null_is_a_value() -> None:
    assert find("note", {"Payload": {"note": None}}) is None


@pytest.mark.parametrize(
    ("reference", "parameters"),
    [
        ("order_id", {"Payload": {"order": 1}}),
        ("order_id", {"Entries": []}),
        ("order_id", {"Entries": ["x"]}),
        ("order_id", [ORDER]),
        ("order_id", None),
        ("order_id", {"MessageBody": "{order_id}"}),
        ("order_id", {"Other": ORDER}),
        ("order_id.more", ORDER),
        ("lines[1]", ORDER),
        ("lines.a", ORDER),
        ("customer[0]", ORDER),
        ("$.customer.age", ORDER),
    ],
)
def test_what_isn_t_there_is_missing(reference: str, parameters: Json) -> None:
    with pytest.raises(Missing):
        find(reference, parameters)


@pytest.mark.parametrize(
    ("reference", "name"),
    [("$", None), ("$[0]", None), ("order_id", "order_id"), ("$.a.b[2]", "b"), ("a['c d']", "c d")],
)
def test_it_is_called_by_its_last_name(reference: str, name: str | None) -> None:
    assert last_name(check_reference(reference)) == name


@pytest.mark.parametrize(
    "text", ["", "a b", "1a", "$.", "$.a..b", "$.*", "$$.Task.Token", "a.", "a[x]", ".a", "a\n"]
)
def test_what_leads_nowhere_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no name"):
        check_reference(text)


@pytest.mark.parametrize("text", [None, "", "{", "[" * 100_000])
def test_parameters_that_aren_t_known_whole_can_t_be_read(text: str | None) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        read_parameters(text)
