"""Releases a deployed state machine: publishes its revision as a version, and has an alias send its
starts there, all at once or a share of them. Doing so twice changes nothing."""

from dataclasses import dataclass
from typing import Literal

from handrail.core.aliases import WHOLE, Route, same_routes, shifted
from handrail.core.json_values import same_json
from handrail.core.models import Deployment
from handrail.core.ports import Deployments

NEW = "(new)"
"""The number of a version that a dry run doesn't publish: AWS gives it."""

Done = Literal["created", "updated", "unchanged"]


@dataclass(frozen=True, slots=True)
class Release:
    """A version of each state machine, and `weight` per cent of the starts of `alias`, if any."""

    alias: str | None = None
    weight: int = WHOLE


async def publish(
    deployments: Deployments, arn: str, revision_id: str | None, *, first: bool
) -> tuple[str, Done]:
    """The version of this revision, which may have one, unless it is to be the first. Raises
    Conflict where the state machine was changed meanwhile."""
    before = () if first else await deployments.list_versions(arn)
    version = await deployments.publish(arn, revision_id)
    known = any(each.qualifier == version for each in before)
    return version, "unchanged" if known else "created"


async def foresee(deployments: Deployments, arn: str, standing: Deployment) -> tuple[str, Done]:
    """What `publish` would answer for a state machine that stands like this already."""
    for newest in (await deployments.list_versions(arn))[:1]:
        version = await deployments.find(f"{arn}:{newest.qualifier}")
        if version is not None and _same_revision(version, standing):
            return newest.qualifier, "unchanged"
    return NEW, "created"


async def point(
    deployments: Deployments, arn: str, version: str, release: Release, *, dry_run: bool
) -> tuple[tuple[Route, ...], Done]:
    """Point the alias to the version, of the state machine of this ARN. Answers where it points to
    then."""
    assert release.alias is not None  # noqa: S101 - asked for only then
    standing = await deployments.find_alias(arn, release.alias)
    routes = shifted(standing.routes if standing else (), version, release.weight)
    if standing is None:
        if not dry_run:
            await deployments.create_alias(arn, release.alias, routes)
        return routes, "created"
    if same_routes(standing.routes, routes):
        return routes, "unchanged"
    if not dry_run:
        await deployments.update_alias(arn, release.alias, routes)
    return routes, "updated"


def _same_revision(some: Deployment, other: Deployment) -> bool:
    same = same_json(some.definition, other.definition)
    return same and (some.role_arn, some.revision_id) == (other.role_arn, other.revision_id)
