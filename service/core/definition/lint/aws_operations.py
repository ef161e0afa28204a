"""The port to what AWS's API has."""

from typing import Protocol


class AwsOperations(Protocol):
    """What AWS's API has, by the names that `aws-sdk` resources use."""

    def operations(self, service: str) -> frozenset[str] | None:
        """A service's operations (`putItem`), None where the service isn't known."""
        ...
