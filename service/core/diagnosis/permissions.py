"""Judges whether the credentials may do what the service does."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from .aws_uses import AwsUse, ResourceKind
from .diagnoses import Diagnosis, Verdict, listed
from .resource_arns import ResourceArns

CHECK = "permissions"
KEYS = frozenset({"KmsAccessDeniedException", "KMSAccessDeniedException"})
_SIMULATE = "iam:SimulatePrincipalPolicy"
_OR_ELSE = {
    ResourceKind.SOCKETS: "; a stage that isn't there is denied too: HANDRAIL_SOCKET_ENDPOINT"
}


class Leave(StrEnum):
    """Whether a call is allowed."""

    GIVEN = "given"
    DENIED = "denied"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a call, or AWS's policy simulator, says of a use. `resource` is what was asked about,
    an ARN; `why` is why it is unknown, or AWS's code of the denial."""

    use: AwsUse
    leave: Leave
    resource: str
    why: str = ""


def judge_permissions(found: Sequence[Evidence], resources: ResourceArns) -> Iterator[Diagnosis]:
    """One diagnosis for what is allowed, and one for each kind of resource where something isn't,
    with the statement that allows it; `resources` has the ARNs such a statement names."""
    given = [each for each in found if each.leave is Leave.GIVEN]
    if given:
        actions = sorted({each.use.action for each in given})
        yield Diagnosis(CHECK, Verdict.OK, f"{len(actions)} allowed: {listed(actions, 30)}")
    for kind in ResourceKind:
        of_kind = [each for each in found if each.use.on is kind]
        yield from _denied(kind, [e for e in of_kind if e.leave is Leave.DENIED], resources)
    yield from _unknown([each for each in found if each.leave is Leave.UNKNOWN])


def statement(actions: Iterable[str], resources: Sequence[str]) -> str:
    """A statement of an IAM policy, on one line."""
    on: str | list[str] = resources[0]
    if len(resources) > 1:
        on = list(resources)
    allowed: dict[str, str | list[str]] = {
        "Effect": "Allow",
        "Action": sorted(set(actions)),
        "Resource": on,
    }
    return json.dumps(allowed)


def _denied(
    kind: ResourceKind, denied: Sequence[Evidence], resources: ResourceArns
) -> Iterator[Diagnosis]:
    by_key = [each for each in denied if each.why in KEYS]
    if by_key:
        named = ", ".join(sorted({each.use.action for each in by_key}))
        yield Diagnosis(
            CHECK,
            Verdict.MISSING,
            f"{named}: the KMS key that {kind} are encrypted with isn't allowed this role",
            statement(["kms:Decrypt", "kms:GenerateDataKey"], ["arn:aws:kms:…:key/…"]),
        )
    for rare in (False, True):
        some = [each for each in denied if each.why not in KEYS and each.use.rare is rare]
        if some:
            actions = sorted({each.use.action for each in some})
            without = "; ".join(dict.fromkeys(each.use.without for each in some))
            on = "" if some[0].resource == "*" else f" on {some[0].resource}"
            yield Diagnosis(
                CHECK,
                Verdict.WARNING if rare else Verdict.MISSING,
                f"{', '.join(actions)}{on}: denied, so {without}{_OR_ELSE.get(kind, '')}",
                statement(actions, resources.get(kind) or [some[0].resource]),
            )


def _unknown(unknown: Sequence[Evidence]) -> Iterator[Diagnosis]:
    """One for each reason."""
    for why in dict.fromkeys(each.why for each in unknown):
        actions = sorted({each.use.action for each in unknown if each.why == why})
        denied = _SIMULATE.partition(":")[2] in why
        mend = statement([_SIMULATE, "iam:GetRole"], ["arn:aws:iam::…:role/…"]) if denied else None
        yield Diagnosis(CHECK, Verdict.NOT_CHECKED, f"{', '.join(actions)}: {why}", mend)
