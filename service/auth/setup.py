"""Turns the settings of access into an Authentication, or a refusal to start."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import aiohttp

from handrail.auth.api_keys import ApiKeyError, ApiKeys, read_file, read_inline
from handrail.auth.authentication import Authentication
from handrail.auth.narrowed_tokens import NarrowedTokens
from handrail.auth.sign_in import SignIn, SignInRules
from handrail.clock import Clock
from handrail.core.access.origins import is_loopback
from handrail.core.errors import SettingsError
from handrail.settings import Settings

if TYPE_CHECKING:
    from handrail.auth.jwts import JwtRules

ASYMMETRIC = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519"}
)
SYMMETRIC = frozenset({"HS256", "HS384", "HS512"})
SECRET_BYTES = 32
ANYWHERE = "0.0.0.0"  # noqa: S104 where callers can't be told from what the service listens on


@asynccontextmanager
async def open_authentication(settings: Settings, clock: Clock) -> AsyncIterator[Authentication]:
    """Yields one that asks nobody where authentication is off. Raises SettingsError."""
    ways, narrowed = settings.auth_ways, NarrowedTokens(settings.keyring, clock)
    signing_in = sign_in_rules(settings)
    keys = api_keys(settings, clock) if "api-key" in ways else None
    if "jwt" not in ways:
        yield Authentication(keys=keys, narrowed=narrowed)
        return
    from handrail.auth.issuer_keys import SigningKeys  # noqa: PLC0415
    from handrail.auth.issuer_keys_http import HttpKeyDocuments  # noqa: PLC0415
    from handrail.auth.jwts import Jwts  # noqa: PLC0415 half a second that few need

    rules, secret = jwt_rules(settings), _jwt_secret(settings)
    async with aiohttp.ClientSession() as session:
        documents = HttpKeyDocuments(session, issuer=rules.issuer, url=settings.jwt_jwks_url)
        signing_keys = SigningKeys(documents, clock)
        sign_in = SignIn(signing_in, documents, clock) if signing_in else None
        try:
            tokens = Jwts(rules, signing_keys, secret, clock)
        except ValueError:
            raise SettingsError("HANDRAIL_JWT_SECRET: a public key is no secret") from None
        try:
            yield Authentication(keys=keys, tokens=tokens, narrowed=narrowed, sign_in=sign_in)
        finally:
            await signing_keys.close()


def refuse_exposure(settings: Settings, host: str) -> None:
    """Raises SettingsError where anybody beyond this machine could do anything, unless the
    settings say twice that this is meant; or say where signed links lead, by a Host header."""
    if is_loopback(host):
        return
    reached = f"{host or 'every address'} can be reached from elsewhere"
    if not settings.auth_ways and not settings.allow_unauthenticated:
        raise SettingsError(
            f"HANDRAIL_AUTH: is none, and {reached}: choose api-key or jwt, or set"
            " HANDRAIL_ALLOW_UNAUTHENTICATED=true where everybody may do everything"
        )
    if settings.link_keys is not None and settings.public_url is None:
        raise SettingsError(
            f"HANDRAIL_PUBLIC_URL: is not set, HANDRAIL_LINK_KEYS is, and {reached}:"
            " say where clients reach the service, or a request's Host header says where signed"
            " links lead"
        )


def bound_to(settings: Settings, host: str) -> Settings:
    """Decides the settings that depend on where requests come from."""
    if settings.metrics_public is not None:
        return settings
    return settings.model_copy(update={"metrics_public": is_loopback(host)})


def api_keys(settings: Settings, clock: Clock) -> ApiKeys:
    """Raises SettingsError, also where there is no key at all."""
    file, named = settings.api_keys_file, "HANDRAIL_API_KEYS"
    try:
        listed = read_inline(settings.api_keys)
        if file is not None:
            named = f"HANDRAIL_API_KEYS_FILE: {file}"
            listed += read_file(file.name, file.read_text(encoding="utf-8"))
            named = "HANDRAIL_API_KEYS"
        if not listed:
            raise SettingsError(
                "HANDRAIL_API_KEYS: no key is set; `handrail api-key NAME` makes one"
                " (HANDRAIL_API_KEYS_FILE may hold them too)"
            )
        return ApiKeys(listed, clock)
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise SettingsError(f"{named}: {why}") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{named}: not UTF-8") from None
    except ApiKeyError as error:
        raise SettingsError(f"{named}: {error}") from None


def jwt_rules(settings: Settings) -> "JwtRules":
    """Raises SettingsError."""
    from handrail.auth.jwts import SCOPE_CLAIMS, JwtRules  # noqa: PLC0415

    if settings.jwt_issuer is None:
        raise SettingsError("HANDRAIL_JWT_ISSUER: needed for jwt")
    if not settings.jwt_audiences:
        raise SettingsError("HANDRAIL_JWT_AUDIENCE: needed for jwt")
    algorithms = _algorithms(settings)
    discovers = settings.jwt_jwks_url is None and set(algorithms) & ASYMMETRIC
    if discovers and not settings.jwt_issuer.startswith(("https://", "http://")):
        raise SettingsError("HANDRAIL_JWT_JWKS_URL: needed, as the issuer is no URL")
    return JwtRules(
        issuer=settings.jwt_issuer,
        audiences=settings.jwt_audiences,
        algorithms=algorithms,
        leeway_s=settings.jwt_leeway_s,
        scopes_claims=settings.jwt_scopes_claims or SCOPE_CLAIMS,
        scope_prefix=settings.jwt_scope_prefix,
        machines_claim=settings.jwt_machines_claim,
    )


def sign_in_rules(settings: Settings) -> SignInRules | None:
    """None where pages have nobody sign in at the issuer. Raises SettingsError for half of it."""
    client_id, issuer = settings.sign_in_client_id, settings.jwt_issuer
    if client_id is None:
        for name in ("sign_in_scopes", "sign_in_audience"):
            if getattr(settings, name) != Settings.model_fields[name].default:
                variable = f"HANDRAIL_{name.upper()}"
                raise SettingsError(f"{variable}: is set, and HANDRAIL_SIGN_IN_CLIENT_ID is not")
        return None
    if "jwt" not in settings.auth_ways:
        raise SettingsError("HANDRAIL_SIGN_IN_CLIENT_ID: needs jwt in HANDRAIL_AUTH")
    if issuer is None or not issuer.startswith(("https://", "http://")):
        raise SettingsError("HANDRAIL_SIGN_IN_CLIENT_ID: needs a HANDRAIL_JWT_ISSUER that is a URL")
    return SignInRules(issuer, client_id, settings.sign_in_scopes, settings.sign_in_audience)


def _algorithms(settings: Settings) -> tuple[str, ...]:
    listed = tuple(name.strip() for name in settings.jwt_algorithms.split(",") if name.strip())
    if not listed:
        return ("HS256",) if settings.jwt_secret else ("RS256", "ES256")
    if unknown := set(listed) - ASYMMETRIC - SYMMETRIC:
        raise SettingsError(f"HANDRAIL_JWT_ALGORITHMS: not taken: {', '.join(sorted(unknown))}")
    if set(listed) & SYMMETRIC and settings.jwt_secret is None:
        raise SettingsError("HANDRAIL_JWT_ALGORITHMS: HS… needs HANDRAIL_JWT_SECRET")
    return listed


def _jwt_secret(settings: Settings) -> bytes | None:
    """Raises SettingsError for one that could be guessed."""
    if settings.jwt_secret is None:
        return None
    secret = settings.jwt_secret.get_secret_value().encode()
    if len(secret) < SECRET_BYTES:
        raise SettingsError(f"HANDRAIL_JWT_SECRET: shorter than {SECRET_BYTES} bytes")
    return secret
