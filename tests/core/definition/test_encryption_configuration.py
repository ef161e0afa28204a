"""A machine.json names the KMS key of a state machine, in few words."""

from typing import Any

import pytest

from handrail.core.definition.machine_file import MachineFile, rendered
from handrail.core.errors import InvalidDefinition
from handrail.core.json_text import text_of
from handrail.core.machine_encryption import MachineEncryption
from handrail.core.models import Account

HERE = Account("aws", "eu-west-1", "111122223333")
PASS = '{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}'


def encryption(**said: Any) -> MachineEncryption | None:
    file = MachineFile.parse(text_of({"name": "orders", "encryption": said}))
    return rendered(file, PASS, account=HERE, environment="prod").encryption


def test_the_key_is_the_stage_s_and_its_data_keys_last_as_long_as_is_said() -> None:
    assert encryption(kms_key="alias/orders${SUFFIX}") == MachineEncryption("alias/orders-prod")
    longest = encryption(kms_key="alias/orders", data_key_reuse_s=900)
    assert longest == MachineEncryption("alias/orders", 900)


def test_null_is_aws_s_own_key() -> None:
    assert encryption(kms_key=None) == MachineEncryption()


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({}, "kms_key"),
        ({"kms_key": "k", "data_key_reuse_s": 59}, "data_key_reuse_s"),
        ({"kms_key": "k", "data_key_reuse_s": 901}, "data_key_reuse_s"),
        ({"kms_key": "alias/${Nothing}"}, "Nothing"),
    ],
)
def test_what_step_functions_would_not_take_is_refused(said: Any, problem: str) -> None:
    with pytest.raises(InvalidDefinition, match=problem):
        encryption(**said)
