"""Which part of an event's path is the gateway's, and where clients find the service."""

from typing import Any

import pytest

from handrail.aws_lambda.base_path import PublicAddress, based

AWS = "a1.execute-api.us-east-1.amazonaws.com"
OWN = "api.example.com"
PUBLIC = PublicAddress.of(f"https://{OWN}/handrail")
NOWHERE = PublicAddress.of(None)


def v2(stage: str = "$default") -> dict[str, Any]:
    return {"requestContext": {"stage": stage}}


def v1(shown: str, stage: str = "prod") -> dict[str, Any]:
    return {"requestContext": {"stage": stage, "path": shown}}


ALB: dict[str, Any] = {"requestContext": {"elb": {}}}


@pytest.mark.parametrize(
    ("event", "path", "root", "own"),
    [
        (v2(), "/v1/x", "", "/v1/x"),
        (v2("prod"), "/prod/v1/x", "/prod", "/v1/x"),
        (v2("prod"), "/prod", "/prod", "/"),
        (v2("prod"), "/production/v1", "", "/production/v1"),
        (v2("v1"), "/v1/v1/x", "/v1", "/v1/x"),
        (v2("v1"), "/v1/healthz", "/v1", "/healthz"),
        (v1("/prod/v1/x"), "/v1/x", "/prod", "/v1/x"),
        (v1("/prod/v1/a%3Ab"), "/v1/a:b", "/prod", "/v1/a:b"),
        (v1("/v1/x"), "/v1/x", "", "/v1/x"),
        (v1("/dev/v1/x", "dev"), "/dev/v1/x", "/dev", "/v1/x"),
        (v1("/v1/v1/x", "v1"), "/v1/x", "/v1", "/v1/x"),
        (v1("/v1/x", "v1"), "/v1/x", "", "/v1/x"),
        (v1("/v1/v1/x", "v1"), "/v1/v1/x", "/v1", "/v1/x"),
        (v1("/v1/x", "$default"), "/v1/x", "", "/v1/x"),
        (ALB, "/v1/x", "", "/v1/x"),
    ],
)
def test_a_gateways_prefix_is_seen_by_clients_and_not_by_the_app(
    event: dict[str, Any], path: str, root: str, own: str
) -> None:
    assert based(event, path, [AWS], NOWHERE) == (root, root + own)


@pytest.mark.parametrize(
    ("event", "path"),
    [
        (v2(), "/v1/x"),
        (v2(), "/handrail/v1/x"),
        (v2("prod"), "/prod/v1/x"),
        (v2("prod"), "/prod/handrail/v1/x"),
        (v1("/handrail/v1/x"), "/handrail/v1/x"),
        (v1("/handrail/prod/v1/x"), "/handrail/prod/v1/x"),
        (ALB, "/handrail/v1/x"),
        (ALB, "/v1/x"),
    ],
)
@pytest.mark.parametrize("host", [OWN, f"{OWN}:443", "API.example.com"])
def test_at_the_public_host_the_public_url_says_what_clients_see(
    event: dict[str, Any], path: str, host: str
) -> None:
    assert based(event, path, [AWS, host], PUBLIC) == ("/handrail", "/handrail/v1/x")


@pytest.mark.parametrize(
    ("event", "path", "root"),
    [
        (v2(), "/v1/x", ""),
        (v2("prod"), "/prod/v1/x", "/prod"),
        (v1("/prod/v1/x"), "/v1/x", "/prod"),
        (v2(), "/handrail/v1/x", "/handrail"),
        (v1("/prod/handrail/v1/x"), "/handrail/v1/x", "/prod/handrail"),
    ],
)
@pytest.mark.parametrize("hosts", [[AWS], [], ["", "[", "evil.example.com"]])
def test_elsewhere_clients_see_what_the_gateway_shows(
    event: dict[str, Any], path: str, root: str, hosts: list[str]
) -> None:
    """The function's own address, beside its custom domain."""
    assert based(event, path, hosts, PUBLIC) == (root, f"{root}/v1/x")


def test_without_a_public_url_no_host_is_public() -> None:
    assert not NOWHERE.is_asked(["", "["])


def test_a_public_ipv6_address_may_be_asked() -> None:
    assert PublicAddress.of("https://[2600:1F18::5]:8443/a/").is_asked(["[2600:1f18::5]"])
