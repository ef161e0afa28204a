"""A state machine, its versions and its aliases, as callers name them."""

import pytest

from handrail.core.errors import StateMachineNotFound
from handrail.core.machine_reference import (
    MachineReference,
    machine_name_of,
    qualifier_of,
    unqualified,
)
from handrail.core.models import Account

ARN = "arn:aws:states:eu-west-1:123456789012:stateMachine:order"
HERE = Account("aws", "eu-west-1", "123456789012")


@pytest.mark.parametrize(
    ("text", "name", "version", "alias"),
    [
        ("order", "order", None, None),
        ("order:3", "order", "3", None),
        ("order:live", "order", None, "live"),
        ("order:v1.2-b_", "order", None, "v1.2-b_"),
        ("order:1.0", "order", None, "1.0"),
        ("..:3", "..", "3", None),
        ("\u00e9t\u00e9 (1)+=@!'".replace(" ", ""), "\u00e9t\u00e9(1)+=@!'", None, None),
    ],
)
def test_a_name_may_carry_a_version_or_an_alias(
    text: str, name: str, version: str | None, alias: str | None
) -> None:
    read = MachineReference.parse(text)
    assert (read.name, read.version, read.alias, read.account) == (name, version, alias, None)
    assert machine_name_of(text) == name


@pytest.mark.parametrize("qualifier", ["", ":3", ":live"])
def test_an_arn_says_where_the_state_machine_is(qualifier: str) -> None:
    read = MachineReference.parse(ARN + qualifier)
    assert read == MachineReference("order", qualifier[1:] or None, HERE)


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov"])
def test_an_arn_may_be_of_any_partition(partition: str) -> None:
    read = MachineReference.parse(ARN.replace("aws", partition, 1) + ":live")
    assert (read.alias, read.account and read.account.partition) == ("live", partition)


@pytest.mark.parametrize(
    "text",
    [
        "order:",
        "order:a:b",
        "order:a b",
        "order:\u00e9",
        "order:" + "x" * 81,
        "order:\u0663",
        "arn:aws:states",
        "arn:aws:states:eu-west-1:123456789012:execution:order:7",
        "arn:aws:lambda:eu-west-1:123456789012:function:order",
    ],
)
def test_what_is_no_reference_names_nothing(text: str) -> None:
    with pytest.raises(StateMachineNotFound):
        MachineReference.parse(text)


@pytest.mark.parametrize(
    ("reference", "machine"),
    [
        ("order", "order"),
        ("order:PROD", "order"),
        ("order:a:b", "order"),
        ("order/label", "order"),
        (ARN, "order"),
        (f"{ARN}:PROD", "order"),
        (f"{ARN}/label", "order"),
        ("arn:aws:states", ""),
    ],
)
def test_a_machine_is_known_by_its_name_in_any_reference(reference: str, machine: str) -> None:
    assert machine_name_of(reference) == machine


@pytest.mark.parametrize(
    ("arn", "machine", "qualifier"),
    [
        (ARN, ARN, None),
        (f"{ARN}:3", ARN, "3"),
        (f"{ARN}:live", ARN, "live"),
        (f"{ARN}/label", f"{ARN}/label", None),
    ],
)
def test_an_arn_is_a_machines_and_a_qualifier(arn: str, machine: str, qualifier: str) -> None:
    assert (unqualified(arn), qualifier_of(arn)) == (machine, qualifier)


@pytest.mark.parametrize("nothing", [None, ""])
def test_no_arn_has_no_qualifier(nothing: str | None) -> None:
    assert qualifier_of(nothing) is None
