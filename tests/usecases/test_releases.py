"""What a dry run foresees of a version; the rest is told by deploying (`test_deploy.py`)."""

from dataclasses import replace

import pytest

from handrail.core.models import Deployment, MachineType
from handrail.usecases.releases import NEW, foresee

from .test_deploy import ARN, ROLE, FakeDeployments

ORDERS = Deployment("orders", MachineType.STANDARD, '{"a": 1}', ROLE, "revision-1")


@pytest.mark.parametrize(
    ("newest", "foreseen"),
    [
        (None, (NEW, "created")),
        (ORDERS, ("1", "unchanged")),
        (replace(ORDERS, definition='{"a":1}'), ("1", "unchanged")),
        (replace(ORDERS, definition='{"a": 2}'), (NEW, "created")),
        (replace(ORDERS, role_arn="another"), (NEW, "created")),
        (replace(ORDERS, revision_id=None), (NEW, "created")),
    ],
)
async def test_only_the_newest_versions_own_revision_needs_no_other(
    newest: Deployment | None, foreseen: tuple[str, str]
) -> None:
    account = FakeDeployments()
    if newest is not None:
        account.versions[ARN + "orders"] = ["1"]
        account.standing[ARN + "orders:1"] = newest
    assert await foresee(account, ARN + "orders", ORDERS) == foreseen
