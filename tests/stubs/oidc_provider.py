"""An OpenID Connect provider: discovery, a login form, tokens by code with PKCE or by refresh
token, keys, the end of a session. What the known ones do each in their own way goes by a manner."""

import base64
import hashlib
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from secrets import token_urlsafe
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from joserfc import jwt
from joserfc.jwk import RSAKey

from .serving import serving

CLIENT = "the-page"
API = "https://handrail.example"
FORM = """<!doctype html><title>Log in</title><form method="post">
<label>User <input name="user"></label> <button>Log in</button></form>"""


@dataclass(frozen=True, slots=True)
class Manner:
    """How one provider does it. `scopes` are those it knows; without `refresh_scope` it gives no
    refresh token, None: it always does. `ends_by` are the parameters its end of a session wants."""

    path: str
    scopes: frozenset[str]
    audience: str | None
    refresh_scope: str | None = None
    wants_audience: bool = False
    names_itself: bool = False
    ends_by: tuple[str, str] | None = ("client_id", "post_logout_redirect_uri")
    settings: Mapping[str, str] = field(default_factory=dict)


COGNITO = Manner(
    "/eu-west-1_aB3dE5fG7",
    frozenset({"openid", "email"}),
    None,  # access tokens without `aud`, with the client's id
    ends_by=("client_id", "logout_uri"),
    settings={"jwt_audience": CLIENT, "jwt_scopes_claim": "cognito:groups"},
)
ENTRA = Manner(
    "/tenant/v2.0",
    frozenset({"openid", "offline_access", "api://handrail/.default"}),
    "api://handrail",
    refresh_scope="offline_access",
    settings={
        "jwt_audience": "api://handrail",
        "jwt_scopes_claim": "scp,roles",
        "sign_in_scopes": "openid offline_access api://handrail/.default",
    },
)
AUTH0 = Manner(
    "/",
    frozenset({"openid", "offline_access"}),
    API,
    refresh_scope="offline_access",
    wants_audience=True,  # else its tokens are opaque
    ends_by=None,
    settings={
        "jwt_audience": API,
        "jwt_scopes_claim": "permissions",
        "sign_in_scopes": "openid offline_access",
        "sign_in_audience": API,
    },
)
KEYCLOAK = Manner(
    "/realms/shop",
    frozenset({"openid", "profile"}),
    "handrail",
    names_itself=True,  # `iss` and `session_state` beside the code, RFC 9207
    settings={
        "jwt_audience": "handrail",
        "jwt_scopes_claim": "resource_access.handrail.roles",
    },
)


@dataclass(slots=True)
class Provider:
    """`rights` are what its users may do, by name; one of None is refused. `sessions` counts who is
    logged in: no form is shown again while somebody is."""

    manner: Manner
    page: str = ""
    url: str = ""
    lifetime_s: int = 300
    rights: dict[str, list[str] | None] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    renewals: int = 0
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "k1"}))
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)
    _refreshes: dict[str, dict[str, str]] = field(default_factory=dict)
    _user: str | None = None

    @property
    def issuer(self) -> str:
        return self.url + self.manner.path

    @property
    def settings(self) -> dict[str, Any]:
        """The service's, for this provider."""
        return {
            "auth": "jwt,api-key",
            "jwt_issuer": self.issuer,
            "jwt_leeway_s": 0,
            "sign_in_client_id": CLIENT,
            **self.manner.settings,
        }

    @asynccontextmanager
    async def serve(self) -> AsyncIterator["Provider"]:
        app = web.Application()
        found = f"{self.manner.path.rstrip('/')}/.well-known/openid-configuration"
        app.router.add_get(found, self._discovery)
        app.router.add_get("/keys", self._keys)
        app.router.add_route("*", "/authorize", self._authorize)
        app.router.add_post("/token", self._token)
        app.router.add_get("/logout", self._logout)
        app.router.add_get("/favicon.ico", self._nothing)
        async with serving(app) as self.url:
            yield self

    async def _discovery(self, _: web.Request) -> web.Response:
        ends = {"end_session_endpoint": f"{self.url}/logout"} if self.manner.ends_by else {}
        return web.json_response(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/keys",
                **ends,
            }
        )

    async def _nothing(self, _: web.Request) -> web.Response:
        return web.Response(status=204)

    async def _keys(self, _: web.Request) -> web.Response:
        return web.json_response({"keys": [self.key.as_dict(private=False)]})

    async def _authorize(self, request: web.Request) -> web.Response:
        asked = dict(request.query)
        if asked["redirect_uri"] != self.page or asked["client_id"] != CLIENT:
            return web.Response(status=400, text="unknown client or redirect_uri")
        if unknown := set(asked["scope"].split()) - self.manner.scopes:
            return self._back(asked, error="invalid_scope", error_description=", ".join(unknown))
        if asked["response_type"] != "code" or asked["code_challenge_method"] != "S256":
            return self._back(asked, error="invalid_request")
        if request.method == "POST":
            self._user = str((await request.post())["user"])
        if self._user is None:
            return web.Response(text=FORM, content_type="text/html")
        if self.rights.get(self._user) is None:
            self._user = None
            return self._back(asked, error="access_denied", error_description="Not <b>assigned</b>")
        code = token_urlsafe()
        self._codes[code] = {**asked, "user": self._user}
        named = {"iss": self.issuer, "session_state": "x"} if self.manner.names_itself else {}
        return self._back(asked, code=code, **named)

    def _back(self, asked: Mapping[str, str], **answer: str) -> web.Response:
        query = urlencode({**answer, "state": asked["state"]})
        return web.Response(status=302, headers={"Location": f"{self.page}?{query}"})

    async def _token(self, request: web.Request) -> web.Response:
        origin = self.page.removesuffix("/")
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.asked.append(form["grant_type"])
        if request.headers.get("Origin") != origin or form.get("client_id") != CLIENT:
            return web.json_response({"error": "unauthorized_client"}, status=400)
        shared = {"Access-Control-Allow-Origin": origin, "Cache-Control": "no-store"}
        if form["grant_type"] == "authorization_code":
            grant = self._codes.pop(form.get("code", ""), None)
            digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
            challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
            good = grant is not None and grant["code_challenge"] == challenge
            good = good and form.get("redirect_uri") == self.page
        else:
            grant, good = self._refreshes.pop(form.get("refresh_token", ""), None), True
            self.renewals += 1
        if grant is None or not good:
            return web.json_response({"error": "invalid_grant"}, status=400, headers=shared)
        return web.json_response(self._answer(grant), headers=shared)

    def _answer(self, grant: dict[str, str]) -> dict[str, Any]:
        now, manner, user = int(time.time()), self.manner, grant["user"]
        known = {"iss": self.issuer, "sub": user, "exp": now + self.lifetime_s}
        rights: Any = self.rights[user]
        claim = manner.settings["jwt_scopes_claim"].split(",")[-1].split(".")
        for name in reversed(claim[1:]):
            rights = {name: rights}
        whom: dict[str, Any] = (
            {"aud": manner.audience} if manner.audience else {"client_id": CLIENT}
        )
        access = self._signed({**known, **whom, str(claim[0]): rights})
        if manner.wants_audience and grant.get("audience") != manner.audience:
            access = token_urlsafe()
        answer: dict[str, Any] = {"access_token": access, "expires_in": self.lifetime_s}
        answer["id_token"] = self._signed({**known, "aud": CLIENT, "nonce": grant["nonce"]})
        if manner.refresh_scope is None or manner.refresh_scope in grant["scope"].split():
            answer["refresh_token"] = token_urlsafe()
            self._refreshes[answer["refresh_token"]] = grant
        return answer

    def _signed(self, claims: dict[str, Any]) -> str:
        return jwt.encode({"alg": "RS256", "kid": "k1"}, claims, self.key)

    async def _logout(self, request: web.Request) -> web.Response:
        client, back = self.manner.ends_by or ("", "")
        if request.query.get(client) != CLIENT or request.query.get(back) != self.page:
            return web.Response(status=400, text="whose session, and where to?")
        self._user = None
        return web.Response(status=302, headers={"Location": self.page})
