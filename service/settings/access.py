"""Declares the settings of access: callers, signed links, webhooks, other sites."""

from collections.abc import Callable, Mapping
from pathlib import Path

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings

from handrail.core.access.events_keys import EventsKeys
from handrail.core.access.origins import Origins
from handrail.core.access.signed_links import MAX_TTL_S, Keyring
from handrail.core.access.webhook_secrets import parse_secrets

AUTH_WAYS = ("api-key", "jwt")
READ_BY: Mapping[str, Callable[[str], object]] = {
    "link_keys": Keyring.parse,
    "webhook_secrets": parse_secrets,
    "events_secret": EventsKeys.parse,
}
HEADER_NAMES = r"^(\s*[0-9A-Za-z_-]+\s*(,\s*[0-9A-Za-z_-]+\s*)*)?$"


class AccessSettings(BaseSettings):
    """A part of `Settings`."""

    allowed_origins: str = ""
    """Origins of other sites whose pages may call here, separated by commas; one label may be
    left open: `https://*.preview.example.com`."""
    allowed_headers: str = Field("", pattern=HEADER_NAMES)
    """Request headers that their pages may send besides the usual ones, separated by commas."""
    link_keys: SecretStr | None = None
    """Keys of signed links and of tokens for browsers, `id:secret` (32 characters or more),
    separated by commas: the first signs, all verify."""
    link_ttl_s: int = Field(604_800, ge=60, le=MAX_TTL_S)
    """How long a signed link holds at most, unless its maker says."""
    public_url: str | None = Field(None, pattern=r"^https?://[^\s/?#]+(/[^\s?#]*)?$")
    """Where clients reach this service, for links; optional on loopback."""
    offer_links: bool = False
    """Offer a signed link with each pending task: whoever may read may then settle."""
    webhook_secrets: SecretStr | None = None
    """Secrets of inbound webhooks, `whsec_…`, separated by commas; all are active."""

    events_secret: SecretStr | None = None
    """The secret by which EventBridge's API destination shows itself at `POST /v1/events/aws`, 16
    characters or more; two with a comma while one takes the other's place. Not on Lambda."""

    auth: str = "none"
    """Who callers must be: `none` (loopback only), `api-key`, `jwt`, or several with commas."""
    allow_unauthenticated: bool = False
    """Serve beyond loopback without authentication."""
    api_keys: str = Field("", repr=False)
    """API keys' hashes, as `handrail api-key` prints them: a JSON object a line, or an array."""
    api_keys_file: Path | None = None
    """The same from a file, JSON or TOML (`[[api_keys]]`), read at the start."""
    jwt_issuer: str | None = None
    """The `iss` of tokens; needed for `jwt`."""
    jwt_audience: str = ""
    """The `aud` of tokens, any of several with commas, or the `client_id` or `azp` of those that
    have none; needed for `jwt`."""
    jwt_algorithms: str = ""
    """The algorithms tokens may have, with commas; if not set RS256, ES256, or HS256 where there
    is a secret."""
    jwt_jwks_url: str | None = Field(None, pattern=r"^https?://\S+$")
    """The issuer's keys; found by OpenID Connect discovery if not set."""
    jwt_secret: SecretStr | None = None
    """A secret of 32 bytes or more, for HS256, HS384 and HS512 alone."""
    jwt_leeway_s: int = Field(30, ge=0, le=300)
    """How far the issuer's clock may be off."""
    jwt_scopes_claim: str = ""
    """The claim with a token's scopes, several with commas, a path with dots:
    `cognito:groups`, `roles`, `realm_access.roles`; if not set `scope`, `scp` and `scopes`."""
    jwt_scope_prefix: str = ""
    """What a token's scopes begin with here: `handrail:` for `handrail:read`."""
    jwt_machines_claim: str | None = None
    """The claim with the state machines a token is good for; all if not set."""
    sign_in_client_id: str | None = Field(None, pattern=r"^[!-~]+$")
    """The page's client id at the issuer, where its readers sign in; if not set they paste a key or
    token."""
    sign_in_scopes: str = Field("openid", pattern=r"^[!#-\[\]-~]+( [!#-\[\]-~]+)*$")
    """The scopes that the page asks the issuer for, separated by blanks."""
    sign_in_audience: str | None = None
    """The `audience` that the page asks for, where the issuer (Auth0) wants one."""
    principal_sockets: int = Field(5_000, ge=1, le=1_000_000)
    """Sockets and event streams one principal may hold at this replica, with a bus at all
    together."""
    principal_starts_per_s: float = Field(100, gt=0, le=100_000)
    """Starts a second of one principal, a burst of 2 s aside."""
    principal_tickets: int = Field(1_000, ge=1, le=100_000)
    """Unused tickets of one principal that are kept in this process's memory, or on the bus."""
    proxies: int = Field(0, ge=0, le=10)
    """Proxies of yours in front, each of which adds its client's address to X-Forwarded-For, for
    the address in audit lines; 0 believes none."""
    metrics_public: bool | None = None
    """Whether /metrics asks for nothing; if not set, on loopback only."""

    @field_validator("auth")
    @classmethod
    def _ways_of_signing_in(cls, value: str) -> str:
        ways = _listed(value)
        if not ways or not set(ways) <= {"none", *AUTH_WAYS} or ("none" in ways and len(ways) > 1):
            raise ValueError("is none, api-key or jwt, or api-key,jwt")
        return value

    @field_validator(*READ_BY)
    @classmethod
    def _can_be_read(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        """Parses them: the ValueErrors say which entry is wrong and never quote it."""
        if value is not None:
            READ_BY[str(info.field_name)](value.get_secret_value())
        return value

    @field_validator("allowed_origins", "public_url")
    @classmethod
    def _are_origins(cls, value: str | None, info: ValidationInfo) -> str | None:
        """The ValueErrors say which entry is wrong, and what to write."""
        if info.field_name == "allowed_origins":
            Origins.parse(value or "")
        else:
            Origins.parse("", value)
        return value

    @field_validator("offer_links")
    @classmethod
    def _offering_needs_a_key(cls, value: bool, info: ValidationInfo) -> bool:
        if value and info.data.get("link_keys", True) is None:
            raise ValueError("needs HANDRAIL_LINK_KEYS")
        return value

    @property
    def webhook_keys(self) -> tuple[str, ...]:
        """The active secrets of inbound webhooks; none where none is set."""
        secrets = self.webhook_secrets
        return parse_secrets(secrets.get_secret_value()) if secrets else ()

    @property
    def events_keys(self) -> EventsKeys:
        """The keys of EventBridge's status changes; none where none is set."""
        secret = self.events_secret
        return EventsKeys.parse(secret.get_secret_value()) if secret else EventsKeys()

    @property
    def keyring(self) -> Keyring:
        """The keys of signed links; empty where none is set."""
        return Keyring.parse(self.link_keys.get_secret_value()) if self.link_keys else Keyring()

    @property
    def auth_ways(self) -> frozenset[str]:
        """How callers authenticate; empty where authentication is off."""
        return frozenset(_listed(self.auth)) - {"none"}

    @property
    def jwt_audiences(self) -> tuple[str, ...]:
        return _listed(self.jwt_audience)

    @property
    def jwt_scopes_claims(self) -> tuple[str, ...]:
        return _listed(self.jwt_scopes_claim)

    @property
    def more_headers(self) -> str:
        """What pages of other sites may send besides the usual."""
        return ", ".join(_listed(self.allowed_headers))

    @property
    def origins(self) -> Origins:
        """Whose pages may call: those of the list, and the public URL's."""
        return Origins.parse(self.allowed_origins, self.public_url)


def _listed(text: str) -> tuple[str, ...]:
    return tuple(filter(None, map(str.strip, text.split(","))))
