"""Judges whether AWS is reached, by whom, where, and whether both clocks agree."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from urllib.parse import urlsplit

from .call_outcomes import CallOutcome, CallResult, Obstacle
from .diagnoses import Diagnosis, Verdict

SKEW_REFUSED_S = 300.0
"""Beyond it AWS takes no signature:
https://docs.aws.amazon.com/IAM/latest/UserGuide/signing-elements.html"""
SKEW_NOTICED_S = 5.0

_KEYS = "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run it under a role"
_ENVIRONMENT = "unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN, then sign in anew"
_SIGN_IN = "aws sso login"
_FRESH = {
    "env": _ENVIRONMENT,
    "sso": _SIGN_IN,
    "sso-token": _SIGN_IN,
    "login": "aws login",
    "shared-credentials-file": "aws configure (the key in ~/.aws/credentials is an old one)",
    "config-file": "aws configure (the key in ~/.aws/config is an old one)",
    "container-role": "the task's role, and its trust in ecs-tasks.amazonaws.com",
}
"""What gives fresh credentials, by botocore's name of where the old ones come from."""


@dataclass(frozen=True, slots=True)
class ReachFacts:
    """`endpoint` is what Step Functions is asked at, `own_endpoint` whether that isn't AWS itself.
    `method` says where the credentials come from, None where there are none. `ahead_s` bounds by
    how much AWS's clock is ahead of ours."""

    region: str
    regions: Collection[str]
    endpoint: str
    own_endpoint: bool
    method: str | None
    role_arn: str | None
    identity: CallOutcome
    listing: CallOutcome
    caller_arn: str | None = None
    ahead_s: tuple[float, float] | None = None

    @property
    def reached(self) -> bool:
        return not self.listing.out_of_reach

    @property
    def usable(self) -> bool:
        """Whether there is any sense in asking more."""
        known = CallResult.ANSWERED, CallResult.DENIED, CallResult.THROTTLED
        return self.method is not None and self.listing.result in known


def judge_reach(facts: ReachFacts) -> Iterator[Diagnosis]:
    if facts.method is None:  # so no call was made
        yield Diagnosis("credentials", Verdict.MISSING, "there are none", _KEYS)
        return
    yield from _endpoint(facts)
    if facts.reached or not facts.identity.out_of_reach:
        yield _credentials(facts)
    yield from _clock(facts)


def _endpoint(facts: ReachFacts) -> Iterator[Diagnosis]:
    check, listing = "endpoint", facts.listing
    where = f"Step Functions of {facts.region}, {facts.endpoint}"
    if listing.out_of_reach:
        yield Diagnosis(check, Verdict.MISSING, _unreached(facts), _way_there(facts))
    elif _is_another(listing):
        text = f"{facts.endpoint} answers, but not as Step Functions does ({listing.code})"
        yield Diagnosis(check, Verdict.MISSING, text, _right_endpoint(facts))
    elif listing.result is CallResult.FAILED:
        text = f"{where}: fails to answer ({listing.code})"
        yield Diagnosis(check, Verdict.MISSING, text, "https://health.aws.amazon.com/health/status")
    elif listing.result is CallResult.THROTTLED:
        text = f"{where}: throttles ListStateMachines; somebody else of the account asks a lot"
        yield Diagnosis(check, Verdict.WARNING, text, "try again in a minute")
    else:
        yield Diagnosis(check, Verdict.OK, where)


def _is_another(listing: CallOutcome) -> bool:
    """Whoever answers so knows nothing of this operation."""
    kinds = {CallResult.ABSENT, CallResult.REFUSED, CallResult.UNOFFERED}
    return listing.result in kinds or listing.code == "ResponseParserError"


def _unreached(facts: ReachFacts) -> str:
    host, listing = facts.listing.host, facts.listing
    if listing.obstacle is Obstacle.NAME and _unknown_region(facts):
        return f"AWS has no region {facts.region}: {host} isn't known to DNS"
    if listing.result is CallResult.SLOW:
        return f"{host} doesn't answer in time"
    return f"{host} can't be reached: {listing.obstacle or listing.code}"


def _unknown_region(facts: ReachFacts) -> bool:
    return not facts.own_endpoint and bool(facts.regions) and facts.region not in facts.regions


def _way_there(facts: ReachFacts) -> str:
    obstacle, region = facts.listing.obstacle, facts.region
    if facts.own_endpoint:
        return _right_endpoint(facts)
    if _unknown_region(facts):
        meant = get_close_matches(region, facts.regions, n=1)
        return f"AWS_REGION={meant[0] if meant else 'us-east-1'}"
    if obstacle is Obstacle.TLS:
        return "AWS_CA_BUNDLE=/path/to/ca.pem, where a proxy signs with a certificate of its own"
    if obstacle is Obstacle.PROXY:
        return "HTTPS_PROXY=http://proxy:port, or NO_PROXY=.amazonaws.com"
    return (
        f"a way out of the subnet: a NAT gateway, or a VPC endpoint com.amazonaws.{region}.states"
        " with private DNS, and port 443 open in both security groups; HTTPS_PROXY behind a proxy"
    )


def _right_endpoint(facts: ReachFacts) -> str:
    parts = urlsplit(facts.endpoint)
    if not facts.own_endpoint:
        return "unset HTTPS_PROXY, or whatever answers in AWS's place"
    if parts.scheme == "https" and facts.listing.obstacle in {Obstacle.TLS, Obstacle.BROKEN}:
        return f"AWS_ENDPOINT_URL=http://{parts.netloc} (an emulator mostly speaks no TLS)"
    if parts.scheme == "http" and facts.listing.obstacle is Obstacle.BROKEN:
        return f"AWS_ENDPOINT_URL=https://{parts.netloc}"
    if parts.path.strip("/"):
        return f"AWS_ENDPOINT_URL={parts.scheme}://{parts.netloc} (without the path {parts.path})"
    if facts.listing.out_of_reach:
        return f"start what listens at {parts.netloc}, or unset AWS_ENDPOINT_URL to ask AWS itself"
    return "AWS_ENDPOINT_URL=… of what serves Step Functions; `handrail dev` prints its own"


def _credentials(facts: ReachFacts) -> Diagnosis:
    check, refusal = "credentials", _refusal(facts)
    if refusal is not None:
        return Diagnosis(check, Verdict.MISSING, _refused(facts, refusal), _fresh(facts, refusal))
    if facts.identity.answered:
        text = f"{facts.caller_arn or 'somebody'}, from {_source(facts.method)}"
        return Diagnosis(check, Verdict.OK, text)
    return Diagnosis(check, Verdict.NOT_CHECKED, f"who it is isn't known: {facts.identity.why}")


def _refusal(facts: ReachFacts) -> CallOutcome | None:
    both = (facts.listing, facts.identity)
    return next((one for one in both if one.result is CallResult.CREDENTIALS), None)


def _refused(facts: ReachFacts, refusal: CallOutcome) -> str:
    source = _source(facts.method)
    if _expired(refusal):
        return f"those from {source} have expired ({refusal.code})"
    if _skewed(facts):
        return f"those from {source} aren't taken, for the clock is wrong ({refusal.code})"
    if "Token" in refusal.code or "ClientToken" in refusal.code:
        return f"AWS doesn't know the key, or its session token, from {source} ({refusal.code})"
    return f"those from {source} aren't taken ({refusal.code})"


def _fresh(facts: ReachFacts, refusal: CallOutcome) -> str:
    if _skewed(facts) and not _expired(refusal):
        return "set the clock, see below"
    if facts.role_arn and facts.method == "assume-role":
        return f"let these credentials call sts:AssumeRole on {facts.role_arn}, in its trust too"
    if facts.region.startswith("cn-") or facts.region.startswith("us-gov-"):
        return f"keys of the partition that {facts.region} is in: those of others aren't known"
    return _FRESH.get(facts.method or "", _KEYS)


def _expired(refusal: CallOutcome) -> bool:
    return any(
        word in refusal.code for word in ("Expired", "CredentialRetrieval", "TokenRetrieval")
    )


def _source(method: str | None) -> str:
    known = {
        "env": "the environment's AWS_ACCESS_KEY_ID",
        "assume-role": "HANDRAIL_ROLE_ARN or the profile's role",
        "container-role": "the task's role",
        "iam-role": "the instance's role",
    }
    return known.get(method or "", method or "nowhere")


def _skewed(facts: ReachFacts) -> bool:
    return facts.ahead_s is not None and _apart_s(*facts.ahead_s) > SKEW_REFUSED_S


def _clock(facts: ReachFacts) -> Iterator[Diagnosis]:
    check = "clock"
    if facts.ahead_s is None:
        if facts.reached:
            text = "the endpoint doesn't date its answers"
            yield Diagnosis(check, Verdict.NOT_CHECKED, text)
        return
    apart_s = _apart_s(*facts.ahead_s)
    way = "behind" if facts.ahead_s[0] > 0 else "ahead"
    mend = "timedatectl set-ntp true (or chronyd, with AWS's 169.254.169.123)"
    if apart_s > SKEW_REFUSED_S:
        text = f"this machine's is {apart_s:.0f} s {way}: AWS takes no call more than 5 min off"
        yield Diagnosis(check, Verdict.MISSING, text, mend)
    elif apart_s > SKEW_NOTICED_S:
        text = f"this machine's is {apart_s:.0f} s {way}: tokens and links end by it"
        yield Diagnosis(check, Verdict.WARNING, text, mend)
    else:
        yield Diagnosis(check, Verdict.OK, "as AWS's, to a second or so")


def _apart_s(least: float, most: float) -> float:
    """By how much the clocks differ at least."""
    return max(least, -most, 0.0)
