"""The pattern of a client's StartExecution requests, taken from one that botocore made and signed.

Signature Version 4: https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html"""

import hashlib
import hmac
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol, Self
from urllib.parse import urlsplit
from uuid import uuid4

from yarl import URL

from handrail.aws.fast_botocore import host_of, signing_key

KEPT = frozenset({"Content-Type", "User-Agent", "X-Amz-Target"})
ANEW = frozenset(
    {
        "Authorization",
        "Content-Length",
        "X-Amz-Date",
        "X-Amz-Security-Token",
        "X-Amzn-Trace-Id",
        "amz-sdk-invocation-id",
        "amz-sdk-request",
    }
)
"""Headers that each request has anew; the one of X-Ray is a hook's."""
_SCOPE = re.compile(r"AWS4-HMAC-SHA256 Credential=[^,]+/[0-9]{8}(/[^/,]+/[^/,]+/aws4_request), ")


class Keys(Protocol):
    """botocore's frozen credentials."""

    @property
    def access_key(self) -> str: ...
    @property
    def secret_key(self) -> str: ...
    @property
    def token(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class StartPattern:
    """`headers` are those that stay, `scope` is what the signature is for, the day left out."""

    url: URL
    path: str
    host: str
    headers: Mapping[str, str]
    scope: str

    @classmethod
    def of(cls, request: Any, keys: Keys) -> Self | None:
        """Reads an AWSPreparedRequest. None where it has headers that aren't known, or `keys` don't
        give its signature here."""
        headers = {name: _text(value) for name, value in request.headers.items()}
        found = _SCOPE.match(headers.get("Authorization", ""))
        if found is None or not KEPT <= headers.keys() <= KEPT | ANEW or request.method != "POST":
            return None
        kept, path = {name: headers[name] for name in KEPT}, urlsplit(request.url).path
        url, host = URL(request.url, encoded=True), host_of(request.url)
        pattern = cls(url, path, host, kept, found[1])
        own = pattern.authorization(keys, headers.get("X-Amz-Date", ""), request.body)
        return pattern if hmac.compare_digest(own, headers["Authorization"]) else None

    def request_headers(self, keys: Keys, body: bytes) -> dict[str, str]:
        """Those of a first attempt, made now."""
        at = _stamp(int(time.time()))
        headers = {**self.headers, "X-Amz-Date": at}
        if keys.token:
            headers["X-Amz-Security-Token"] = keys.token
        headers["Authorization"] = self.authorization(keys, at, body)
        headers["amz-sdk-invocation-id"] = str(uuid4())
        headers["amz-sdk-request"] = "attempt=1"
        headers["Accept-Encoding"] = "identity"
        return headers

    def authorization(self, keys: Keys, at: str, body: bytes) -> str:
        """The header's text; `at` is the X-Amz-Date."""
        given, scope = self.headers, at[:8] + self.scope
        lines = f"content-type:{given['Content-Type']}\nhost:{self.host}\nx-amz-date:{at}\n"
        names = "content-type;host;x-amz-date;"
        if keys.token:
            lines += f"x-amz-security-token:{' '.join(keys.token.split())}\n"
            names += "x-amz-security-token;"
        lines += f"x-amz-target:{given['X-Amz-Target']}\n"
        names += "x-amz-target"
        canonical = f"POST\n{self.path}\n\n{lines}\n{names}\n{_sha256(body)}"
        signed = f"AWS4-HMAC-SHA256\n{at}\n{scope}\n{_sha256(canonical.encode())}"
        signature = hmac.digest(signing_key(keys.secret_key, scope), signed.encode(), "sha256")
        credential = f"Credential={keys.access_key}/{scope}"
        return f"AWS4-HMAC-SHA256 {credential}, SignedHeaders={names}, Signature={signature.hex()}"


@lru_cache(maxsize=2)
def _stamp(now: int) -> str:
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
