"""The port to what AWS's API has."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class OperationInput:
    """The parameters that an operation takes, in small letters (the SDK after which Step Functions
    names them writes some, as `ACL`, otherwise than the API), and those it needs."""

    takes: frozenset[str] = frozenset()
    needs: tuple[str, ...] = ()


class AwsOperations(Protocol):
    """What AWS's API has, by the names that `aws-sdk` resources use."""

    def operations(self, service: str) -> Mapping[str, OperationInput] | None:
        """A service's operations (`putItem`), None where the service isn't known."""
        ...
