"""Where clients reach the service: API Gateway's or the balancer's own names, domains, and what is
in front of them."""

from typing import Any

import pytest

from tests.deploy.templates import Template, deployed

HTTP = {
    "HttpDomainName": "orders.example",
    "PublicUrl": "",
    "SocketDomainName": "",
    "SocketUrl": "",
}
SOCKET = {**HTTP, "HttpDomainName": "", "SocketDomainName": "live.example"}
NONE = dict.fromkeys(HTTP, "")
OWN = {
    "HANDRAIL_PUBLIC_URL": "https://<HttpApi>.execute-api.eu-west-1.amazonaws.com",
    "HANDRAIL_SOCKET_URL": "wss://<SocketApi>.execute-api.eu-west-1.amazonaws.com/live",
}


def told(**given: str) -> dict[str, str]:
    """What both functions and the outputs say of the addresses, which is the same."""
    template = deployed("serverless", **NONE | given)
    variables: list[dict[str, Any]] = [
        each["Environment"]["Variables"] for _, each in template.of("Lambda::Function")
    ]
    found = [{name: each[name] for name in OWN} for each in variables]
    outputs = (template.outputs["HttpApiUrl"], template.outputs["SocketUrl"])
    assert found[0] == found[1] == dict(zip(OWN, outputs, strict=True))
    return found[0]


def test_without_a_domain_they_are_api_gateway_s() -> None:
    assert told() == OWN
    bare = deployed("serverless", **NONE)
    for type in ("ApiGatewayV2::DomainName", "ApiGatewayV2::ApiMapping", "Route53::RecordSet"):
        assert not list(bare.of(type))


def test_a_domain_is_the_address_and_what_is_given_goes_before_it() -> None:
    assert told(**HTTP) == OWN | {"HANDRAIL_PUBLIC_URL": "https://orders.example"}
    assert told(**SOCKET) == OWN | {"HANDRAIL_SOCKET_URL": "wss://live.example"}
    in_front = {"PublicUrl": "https://cdn.example", "SocketUrl": "wss://cdn.example/live"}
    assert told(**HTTP | SOCKET | in_front) == {
        "HANDRAIL_PUBLIC_URL": "https://cdn.example",
        "HANDRAIL_SOCKET_URL": "wss://cdn.example/live",
    }


@pytest.mark.parametrize(
    ("given", "origin"),
    [
        ({}, OWN["HANDRAIL_PUBLIC_URL"]),
        (HTTP, "https://orders.example"),
        ({"PublicUrl": "https://cdn.example"}, "https://cdn.example"),
    ],
)
def test_the_page_s_own_origin_opens_sockets(given: dict[str, str], origin: str) -> None:
    template = deployed("serverless", **NONE | given, AllowedOrigins="https://other.example")
    variables = template.properties("LiveFunction")["Environment"]["Variables"]

    assert variables["HANDRAIL_ALLOWED_ORIGINS"] == f"{origin},https://other.example"


def test_whatever_the_domain_posts_go_to_api_gateway_s_own_name() -> None:
    """Where `@connections` answers for the stage: the role names it."""
    variables = deployed("serverless").properties("LiveFunction")["Environment"]["Variables"]

    own = "https://<SocketApi>.execute-api.eu-west-1.amazonaws.com/live"
    assert variables["HANDRAIL_SOCKET_ENDPOINT"] == own


@pytest.mark.parametrize(("kind", "given"), [("Http", HTTP), ("Socket", SOCKET)])
def test_a_domain_leads_to_its_api_alone(kind: str, given: dict[str, str]) -> None:
    template = deployed("serverless", **given)
    [(_, domain)] = template.of("ApiGatewayV2::DomainName")
    [(_, mapping)] = template.of("ApiGatewayV2::ApiMapping")
    [(_, record)] = template.of("Route53::RecordSet")

    assert domain["DomainName"] == record["Name"] == given[f"{kind}DomainName"]
    assert domain["DomainNameConfigurations"] == [
        {
            "CertificateArn": "<CertificateArn>",
            "EndpointType": "REGIONAL",
            "SecurityPolicy": "TLS_1_2",
        }
    ]
    api = {"ApiId": f"<{kind}Api>", "DomainName": f"<{kind}Domain>", "Stage": f"<{kind}Stage>"}
    assert mapping == api  # without a path of its own
    assert template.properties(f"{kind}Stage")["ApiId"] == f"<{kind}Api>"
    assert record["HostedZoneId"] == "<HostedZoneId>"
    assert record["AliasTarget"] == {
        "DNSName": f"<{kind}Domain.RegionalDomainName>",
        "HostedZoneId": f"<{kind}Domain.RegionalHostedZoneId>",
    }
    assert not list(deployed("serverless", **given, HostedZoneId="").of("Route53::RecordSet"))


def test_a_domain_without_a_certificate_is_refused() -> None:
    for given, refused in (({}, False), (HTTP, True), (SOCKET, True)):
        template = deployed("serverless", **NONE | given, CertificateArn="")
        assert refuses(template, "DomainsNeedTheirCertificate") is refused
    assert not refuses(deployed("serverless", **HTTP), "DomainsNeedTheirCertificate")


def refuses(template: Template, name: str) -> bool:
    rule = template.rule(name)
    return template.resolve(rule["RuleCondition"]) and not all(
        template.resolve(each["Assert"]) for each in rule["Assertions"]
    )


@pytest.mark.parametrize("path", ["", "/", "/handrail/"])
def test_the_balancer_has_the_name_of_the_public_url(path: str) -> None:
    template = deployed("container", PublicUrl=f"https://orders.example{path}")
    record = template.properties("DnsRecord")

    assert (record["Name"], record["Type"]) == ("orders.example", "A")
    assert record["AliasTarget"] == {
        "DNSName": "<Balancer.DNSName>",
        "HostedZoneId": "<Balancer.CanonicalHostedZoneID>",
    }
    assert "DnsRecord" not in deployed("container", HostedZoneId="").resources


def test_a_web_acl_is_the_balancer_s() -> None:
    association = deployed("container").properties("WebAclAssociation")

    assert association == {"ResourceArn": "<Balancer>", "WebACLArn": "<WebAclArn>"}
    assert "WebAclAssociation" not in deployed("container", WebAclArn="").resources


def test_a_balancer_may_be_a_private_one() -> None:
    for scheme in ("internal", "internet-facing"):
        assert deployed("container", Scheme=scheme).properties("Balancer")["Scheme"] == scheme
