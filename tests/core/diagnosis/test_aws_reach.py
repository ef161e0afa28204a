"""Real people's mistakes, and what they are told."""

from dataclasses import replace
from typing import Any

import pytest

from handrail.core.diagnosis.aws_reach import ReachFacts, judge_reach
from handrail.core.diagnosis.call_outcomes import CallResult, Obstacle
from handrail.core.diagnosis.diagnoses import Diagnosis, Verdict

from .outcomes import FINE, ended

GOOD = ReachFacts(
    region="eu-west-1",
    regions={"eu-west-1", "us-east-1"},
    endpoint="https://states.eu-west-1.amazonaws.com",
    own_endpoint=False,
    method="env",
    role_arn=None,
    identity=FINE,
    listing=FINE,
    caller_arn="arn:aws:iam::123456789012:user/ada",
    ahead_s=(-0.4, 0.7),
)
OWN = {"own_endpoint": True, "endpoint": "http://127.0.0.1:8083"}


def found(**facts: Any) -> dict[str, Diagnosis]:
    return {each.check: each for each in judge_reach(replace(GOOD, **facts))}


def test_where_all_is_well_it_says_who_and_where() -> None:
    told = found()

    assert {each.verdict for each in told.values()} == {Verdict.OK}
    assert "user/ada" in told["credentials"].text
    assert "eu-west-1" in told["endpoint"].text
    assert GOOD.usable


def test_a_region_that_is_none_is_told_what_it_may_have_meant() -> None:
    away = ended(CallResult.UNREACHABLE, obstacle=Obstacle.NAME)

    told = found(region="eu-wst-1", listing=away, identity=away)["endpoint"]

    assert "no region eu-wst-1" in told.text
    assert told.mend == "AWS_REGION=eu-west-1"


@pytest.mark.parametrize(
    ("obstacle", "mend"),
    [
        (Obstacle.NAME, "com.amazonaws.eu-west-1.states"),
        (Obstacle.CLOSED, "NAT gateway"),
        (Obstacle.TLS, "AWS_CA_BUNDLE"),
        (Obstacle.PROXY, "HTTPS_PROXY"),
    ],
)
def test_aws_that_can_t_be_reached_is_told_with_the_way(obstacle: Obstacle, mend: str) -> None:
    away = ended(CallResult.UNREACHABLE, obstacle=obstacle)

    told = found(listing=away, identity=away)

    assert told["endpoint"].verdict is Verdict.MISSING
    assert mend in str(told["endpoint"].mend)
    assert "credentials" not in told


@pytest.mark.parametrize(
    ("endpoint", "obstacle", "mend"),
    [
        ("https://127.0.0.1:8083", Obstacle.TLS, "AWS_ENDPOINT_URL=http://127.0.0.1:8083"),
        ("http://aws.local", Obstacle.BROKEN, "AWS_ENDPOINT_URL=https://aws.local"),
        ("http://127.0.0.1:9", Obstacle.CLOSED, "start what listens at 127.0.0.1:9"),
    ],
)
def test_an_endpoint_of_one_s_own_is_told_otherwise(
    endpoint: str, obstacle: Obstacle, mend: str
) -> None:
    away = ended(CallResult.UNREACHABLE, obstacle=obstacle)

    told = found(own_endpoint=True, endpoint=endpoint, listing=away, identity=away)["endpoint"]

    assert str(told.mend).startswith(mend)


def test_an_endpoint_with_a_path_that_answers_otherwise() -> None:
    other = ended(CallResult.ABSENT, "404")

    told = found(**OWN | {"endpoint": "http://127.0.0.1:8083/states"}, listing=other)["endpoint"]

    assert told.verdict is Verdict.MISSING
    assert "without the path /states" in str(told.mend)
    assert not replace(GOOD, listing=other).usable


@pytest.mark.parametrize(
    ("method", "mend"),
    [("sso", "aws sso login"), ("env", "AWS_SESSION_TOKEN"), ("iam-role", "AWS_PROFILE")],
)
def test_expired_credentials_are_renewed_by_where_they_come_from(method: str, mend: str) -> None:
    expired = ended(CallResult.CREDENTIALS, "ExpiredTokenException")

    told = found(method=method, listing=expired, identity=expired)["credentials"]

    assert "expired" in told.text
    assert mend in str(told.mend)


def test_a_role_that_can_t_be_assumed_names_it() -> None:
    refused = ended(CallResult.CREDENTIALS, "AccessDenied", operation="AssumeRole")

    told = found(method="assume-role", role_arn="arn:role", listing=refused)["credentials"]

    assert "sts:AssumeRole on arn:role" in str(told.mend)


def test_a_signature_that_a_wrong_clock_made_is_the_clock_s_fault() -> None:
    refused = ended(CallResult.CREDENTIALS, "InvalidSignatureException")

    told = found(ahead_s=(400.0, 401.0), listing=refused, identity=refused)

    assert "the clock is wrong" in told["credentials"].text
    assert told["clock"].verdict is Verdict.MISSING
    assert "behind" in told["clock"].text


@pytest.mark.parametrize(
    ("ahead_s", "verdict"),
    [
        ((-1.0, 0.2), Verdict.OK),
        ((5.5, 6.5), Verdict.WARNING),
        ((-31.0, -30.0), Verdict.WARNING),
        ((-400.0, -399.0), Verdict.MISSING),
        (None, Verdict.NOT_CHECKED),
    ],
)
def test_clocks_may_differ_by_seconds(
    ahead_s: tuple[float, float] | None, verdict: Verdict
) -> None:
    assert found(ahead_s=ahead_s)["clock"].verdict is verdict


def test_without_credentials_nothing_else_is_said() -> None:
    assert list(found(method=None)) == ["credentials"]


def test_an_aws_that_fails_or_throttles_is_said_to() -> None:
    assert found(listing=ended(CallResult.FAILED, "500"))["endpoint"].verdict is Verdict.MISSING
    throttled = found(listing=ended(CallResult.THROTTLED, "ThrottlingException"))["endpoint"]
    assert throttled.verdict is Verdict.WARNING
