"""Reads what a `machine.json` says of a state machine's KMS key: Step Functions'
EncryptionConfiguration.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_EncryptionConfiguration.html
"""

from collections.abc import Mapping

from pydantic import Field

from handrail.core.machine_encryption import REUSE_S, MachineEncryption
from handrail.core.models import Json

from .callback_choices import Part
from .substitution import fill


class EncryptionPart(Part):
    """`encryption` of a `machine.json`. `kms_key` is a key's ARN, id or alias, null for AWS's."""

    kms_key: str | None = Field(min_length=1, max_length=2048)
    data_key_reuse_s: int = Field(default=REUSE_S, ge=60, le=900)

    def filled(self, values: Mapping[str, Json]) -> MachineEncryption:
        """With `values` in the key's name. Raises InvalidDefinition for one without a value."""
        if self.kms_key is None:
            return MachineEncryption()
        return MachineEncryption(fill(self.kms_key, values), self.data_key_reuse_s)
