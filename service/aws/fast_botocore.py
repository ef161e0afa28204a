"""Makes a call to AWS cheap: a JSON parser and a request signer in place of botocore's own, where
it takes replacements (the component `response_parser_factory`, the event `choose-signer`).

With the fixed user agent they let one core make about 1.4 times as many calls.
HANDRAIL_AWS_FAST=false leaves all of it out.
"""

import hmac
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from aiobotocore.parsers import AioJSONParser, AioResponseParserFactory
from botocore.auth import AUTH_TYPE_MAPS, SIGNED_HEADERS_BLACKLIST, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import ReadOnlyCredentials
from botocore.utils import parse_timestamp


class ParserFactory(AioResponseParserFactory):
    """Hands out one parser for AWS JSON where botocore builds one an answer."""

    def __init__(self) -> None:
        super().__init__()
        self.set_parser_defaults(timestamp_parser=_timestamp)
        self._json = _JsonParser(timestamp_parser=_timestamp)

    def create_parser(self, protocol_name: str) -> Any:
        return self._json if protocol_name == "json" else super().create_parser(protocol_name)


_JsonBase: Any = AioJSONParser  # its parsing methods have no types
_SCALARS = frozenset({"string", "integer", "long", "float", "double", "boolean"})


class _JsonParser(_JsonBase):  # type: ignore[misc] # see above
    """Walks the answer instead of the model, and only what needs converting.

    botocore asks for each of the 37 members a history event may have, though an event has five.
    Members the model doesn't know yet are kept; those that are null are left out, as botocore does.
    Else it answers as botocore's own does (tests/aws/test_fast_botocore_properties.py)."""

    def _handle_json_body(self, raw_body: bytes, shape: Any) -> Any:
        answer = super()._handle_json_body(raw_body, shape)
        if isinstance(answer, dict):
            answer.pop("ResponseMetadata", None)  # an unknown member must not take botocore's place
        return answer

    def _handle_structure(self, shape: Any, value: Any) -> Any:
        parsed = _parsed_members(shape)
        if parsed is None or not isinstance(value, dict):
            return super()._handle_structure(shape, value)
        given = ((name, member) for name, member in value.items() if member is not None)
        return {n: self._parse_shape(parsed[n], m) if n in parsed else m for n, m in given}


@lru_cache(maxsize=1024)
def _parsed_members(shape: Any) -> dict[str, Any] | None:
    """The members JSON doesn't already give as they should be; None: leave it all to botocore."""
    members = shape.members
    renamed = any(member.serialization.get("name") for member in members.values())
    if renamed or shape.is_tagged_union or shape.is_document_type:
        return None
    return {name: each for name, each in members.items() if each.type_name not in _SCALARS}


def _timestamp(value: Any) -> datetime:
    """AWS JSON's seconds since 1970 without botocore's guessing; it may guess at the rest."""
    number = isinstance(value, int | float)
    parsed: datetime = datetime.fromtimestamp(value, UTC) if number else parse_timestamp(value)
    return parsed


_UNSIGNED = frozenset(SIGNED_HEADERS_BLACKLIST)


class _Signer(SigV4Auth):
    """botocore's Signature Version 4 without its repetitions; the signatures are the same. A key is
    made once a day, and headers are canonicalised once a request, without `email.message`."""

    _headers: dict[str, str] | None = None

    def add_auth(self, request: AWSRequest) -> None:
        self._headers = None
        super().add_auth(request)

    def headers_to_sign(self, request: AWSRequest) -> Any:
        """By name, and already in their canonical form; the values of one name joined by commas."""
        if self._headers is None:
            headers: dict[str, str] = {}
            for given_name, given in request.headers.items():
                name = given_name.lower()
                if name not in _UNSIGNED:
                    value = " ".join(given.split())
                    headers[name] = f"{headers[name]},{value}" if name in headers else value
            headers.setdefault("host", host_of(request.url))
            self._headers = headers
        return self._headers

    def canonical_headers(self, headers_to_sign: Any) -> str:
        return "\n".join(f"{name}:{headers_to_sign[name]}" for name in sorted(headers_to_sign))

    def signature(self, string_to_sign: str, request: AWSRequest) -> str:
        key = signing_key(self.credentials.secret_key, self.credential_scope(request))
        return hmac.digest(key, string_to_sign.encode(), "sha256").hex()


def choose_signer(signature_version: object, **_: Any) -> str | None:
    return "handrail-v4" if signature_version == "v4" else None


# How botocore finds a signer by name; ours stands beside its own and replaces none.
AUTH_TYPE_MAPS["handrail-v4"] = _Signer


@lru_cache(maxsize=8)
def signing_key(secret_key: str, scope: str) -> bytes:
    """The day's key: https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html"""
    key = f"AWS4{secret_key}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


@lru_cache(maxsize=8)
def host_of(url: str) -> str:
    signer = SigV4Auth(ReadOnlyCredentials("", "", None), "", "")
    return str(signer.headers_to_sign(AWSRequest("POST", url))["host"])


async def settle_endpoint(client: Any) -> None:
    """Resolves the endpoint once. botocore runs its ruleset for each call, though nothing a call of
    Step Functions says changes the answer: region, FIPS and the like are the client's own."""
    if (resolver := getattr(client, "_ruleset_resolver", None)) is None:
        return
    operation = client.meta.service_model.operation_model("ListStateMachines")
    asked = {"operation_model": operation, "call_args": {}, "request_context": {}}
    found = await resolver.construct_endpoint(**asked)

    async def known(**_: Any) -> Any:
        return found

    resolver.construct_endpoint = known
