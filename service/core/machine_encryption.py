"""Declares what a state machine's definition and executions are encrypted with."""

from dataclasses import dataclass

REUSE_S = 300
"""How long Step Functions reuses a data key where nothing else is said."""


@dataclass(frozen=True, slots=True)
class MachineEncryption:
    """`kms_key` is a KMS key's id, ARN or alias as AWS takes it, None for AWS's own key, whose data
    keys aren't ours to say: https://docs.aws.amazon.com/step-functions/latest/dg/encryption-at-rest.html"""

    kms_key: str | None = None
    reuse_s: int = REUSE_S
