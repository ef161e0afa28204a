"""Reads what callers name a state machine by: `order`, a version of it (`order:3`), an alias of it
(`order:live`), or the ARN of any of these.

https://docs.aws.amazon.com/step-functions/latest/dg/execution-alias-version-associate.html
"""

import re
from dataclasses import dataclass
from typing import Self

from .errors import StateMachineNotFound
from .models import Account

ALIAS = re.compile(r"(?=.*[A-Za-z_.-])[A-Za-z0-9_.-]{1,80}")
_VERSION = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class MachineReference:
    """`qualifier` is the number of a version or the name of an alias; `account` is where an ARN
    says that the state machine is."""

    name: str
    qualifier: str | None = None
    account: Account | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises StateMachineNotFound: what is no reference names nothing."""
        account = None
        if text.startswith("arn:"):
            parts = text.split(":", 6)
            if len(parts) != 7 or parts[2] != "states" or parts[5] != "stateMachine":
                raise StateMachineNotFound("This ARN names no state machine.")
            account, text = Account.of(text), parts[6]
        name, colon, qualifier = text.partition(":")
        if colon and not (_VERSION.fullmatch(qualifier) or ALIAS.fullmatch(qualifier)):
            message = "Behind the colon stands a version, which is a number, or an alias."
            raise StateMachineNotFound(message)
        return cls(name, qualifier or None, account)

    @property
    def version(self) -> str | None:
        return self.qualifier if self.qualifier and _VERSION.fullmatch(self.qualifier) else None

    @property
    def alias(self) -> str | None:
        return None if self.version else self.qualifier


def machine_name_of(reference: str) -> str:
    """The state machine's name in a reference, whatever stands behind it (a version, an alias, a
    Map state's label); of what is none, a text that names no state machine. Raises nothing."""
    if reference.startswith("arn:"):
        parts = reference.split(":", 7)
        reference = parts[6] if len(parts) > 6 else ""
    return reference.partition(":")[0].partition("/")[0]


def qualifier_of(arn: str | None) -> str | None:
    """The version or alias in an ARN, None where it has none."""
    return (arn or "").partition(":stateMachine:")[2].partition(":")[2] or None


def unqualified(arn: str) -> str:
    """The state machine's own ARN in that of a version or an alias."""
    qualifier = qualifier_of(arn)
    return arn.removesuffix(f":{qualifier}") if qualifier else arn
