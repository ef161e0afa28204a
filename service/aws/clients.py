"""Opens the connections to AWS: the one file that knows aioboto3.

Configuration the way the AWS command line takes it: AWS_REGION or AWS_DEFAULT_REGION, AWS_PROFILE,
AWS_ENDPOINT_URL_SFN, AWS_ENDPOINT_URL and the shared configuration file all keep their meaning.
"""

import asyncio
import os
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import aioboto3
from aiobotocore.config import AioConfig
from aiobotocore.credentials import AioAssumeRoleCredentialFetcher as Fetcher
from aiobotocore.credentials import AioDeferredRefreshableCredentials as Credentials
from aiobotocore.session import AioSession
from botocore.exceptions import BotoCoreError
from botocore.parsers import ResponseParserError

from handrail import __version__
from handrail.aws.fast_botocore import ParserFactory, choose_signer, settle_endpoint
from handrail.aws.lean_start import LeanStart
from handrail.core.errors import SettingsError

if TYPE_CHECKING:
    from types_aiobotocore_stepfunctions.client import SFNClient

USER_AGENT = f"handrail/{__version__}"
STEPFUNCTIONS = "stepfunctions"
LONG_POLL_READ_TIMEOUT_S = 70.0
"""GetActivityTask answers after 60 s at the latest and asks for 65 s of patience."""


@dataclass(frozen=True, slots=True)
class AwsConfig:
    """Says how to reach AWS; None leaves it to AWS's own variables and files.

    `role_arn` is assumed for every call. `max_attempts` counts the first attempt; nothing above
    this retries again. `fast` puts `fast_botocore` in place of botocore's own,
    and with `lean_start` StartExecution is made beside it (`lean_start`)."""

    region: str | None = None
    profile: str | None = None
    role_arn: str | None = None
    endpoint_url: str | None = None
    connect_timeout_s: float = 3.0
    read_timeout_s: float = 5.0
    max_attempts: int = 3
    pool_size: int = 100
    sync_timeout_s: float = 310.0
    fast: bool = True
    lean_start: bool = True


class Clients:
    """The open clients: `sfn` for everything short, `starter` for its starts, the others once
    they're needed, each opened once, on a pool of its own, and used again."""

    def __init__(
        self, config: AwsConfig, session: aioboto3.Session, stack: AsyncExitStack, sfn: "SFNClient"
    ) -> None:
        self.sfn = sfn
        lean = config.fast and config.lean_start
        self.starter: SFNClient | LeanStart = LeanStart(sfn) if lean else sfn
        self.region: str = session.region_name
        self._config = config
        self._session = session
        self._stack = stack
        self._opening = asyncio.Lock()
        self._opened: dict[object, Any] = {}

    async def client(
        self, service: str, endpoint_url: str | None = None, *, region: str | None = None
    ) -> Any:
        """Opens a service's client, by botocore's name of it, at the configured endpoint unless at
        one of its own: a WebSocket API's management is at `https://{api}…amazonaws.com/{stage}`.
        In the usual region unless in another."""
        if region in {None, self.region}:
            return await self._once((service, endpoint_url), service, endpoint_url)
        key = (service, endpoint_url, region)
        return await self._once(key, service, endpoint_url, region_name=region)

    async def sync(self) -> "SFNClient":
        """For StartSyncExecution: waits 5 minutes and never retries, which would start twice."""
        opened: SFNClient | None = self._opened.get("sync")
        if opened is None:
            # AWS serves it at sync-states.<region>…, any other endpoint under its own name.
            own = {"ignore_configured_endpoint_urls": True}
            async with _client(self._session, self._config, STEPFUNCTIONS, None, **own) as client:
                at, theirs = self.sfn.meta.endpoint_url, client.meta.endpoint_url
                custom = urlsplit(at).hostname != urlsplit(theirs).hostname
            timeout_s = self._config.sync_timeout_s
            once = {"mode": "standard", "total_max_attempts": 1}
            opened = await self._once(
                "sync", read_timeout=timeout_s, retries=once, inject_host_prefix=not custom
            )
        return opened

    async def long_poll(self) -> "SFNClient":
        """For GetActivityTask, on a pool of its own: polls must not keep calls waiting."""
        client: SFNClient = await self._once("long poll", read_timeout=LONG_POLL_READ_TIMEOUT_S)
        return client

    async def stream(self, region: str | None) -> Any:
        """Kinesis's, in the region of a stream or the usual one. Tries once: whoever reads a shard
        knows better than the client when to ask again, and each attempt counts in its quota."""
        once = {"mode": "standard", "total_max_attempts": 1}
        where = {"region_name": region} if region else {}
        return await self._once(("kinesis", region), "kinesis", retries=once, **where)

    async def queues(self, region: str | None) -> Any:
        """SQS's, in the region of a queue or the usual one, patient enough for its long poll: on a
        pool of its own."""
        where = {"region_name": region} if region else {}
        patience_s = LONG_POLL_READ_TIMEOUT_S
        return await self._once(("queues", region), "sqs", read_timeout=patience_s, **where)

    async def credentials_from(self) -> str | None:
        """Where the credentials come from, as botocore names it (`env`, `sso`, `assume-role` …);
        None where there are none.
        Raises BotoCoreError for a profile that can't be used."""
        found = await self._session.get_credentials()
        return None if found is None else str(found.method)

    async def known_regions(self) -> frozenset[str]:
        """Those that the SDK knows Step Functions in, of all partitions."""
        ask, known = self._session.get_available_regions, set[str]()
        for partition in self._session.get_available_partitions():
            known.update(await ask(STEPFUNCTIONS, partition_name=partition))
        return frozenset(known)

    async def _once(
        self, key: object, service: str = STEPFUNCTIONS, url: str | None = None, **options: Any
    ) -> Any:
        if key in self._opened:
            return self._opened[key]
        async with self._opening:
            if key not in self._opened:
                at = url or self._config.endpoint_url
                client = _client(self._session, self._config, service, at, **options)
                self._opened[key] = await self._stack.enter_async_context(client)
            return self._opened[key]


@asynccontextmanager
async def open_clients(config: AwsConfig) -> AsyncIterator[Clients]:
    """Opens the Step Functions client; all clients are closed at the end. Makes no call to AWS yet.
    Raises SettingsError where the region, the profile or an endpoint URL can't be used."""
    refuse_endpoints(os.environ)
    async with AsyncExitStack() as stack:
        try:
            session = _session(config)
            opening = _client(session, config, STEPFUNCTIONS, config.endpoint_url)
            sfn = await stack.enter_async_context(opening)
            if config.fast:
                await settle_endpoint(sfn)
        except (BotoCoreError, ValueError) as error:
            raise SettingsError(f"AWS can't be set up: {error}") from error
        yield Clients(config, session, stack, sfn)


def refuse_endpoints(environment: Mapping[str, str]) -> None:
    """Raises SettingsError for an endpoint that no request can go to: botocore only looks for a
    host in it, and only once the service is asked for."""
    for name, url in environment.items():
        if not name.startswith("AWS_ENDPOINT_URL") or not url:
            continue
        try:
            parts = urlsplit(url)
            fine = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
        except ValueError:
            fine = None
        if not fine or re.search(r"[\s?#]", url):
            raise SettingsError(f"{name}: isn't a URL that begins with http:// or https://")


def _session(config: AwsConfig) -> aioboto3.Session:
    """A session with its region and its credentials. Raises SettingsError without a region."""
    source = session = AioSession(profile=config.profile)
    named = config.region or os.environ.get("AWS_REGION")
    region = named or source.get_config_variable("region")
    if not region:
        raise SettingsError("No AWS region: set AWS_REGION, or a region in the AWS profile.")
    if config.role_arn:
        session = AioSession(profile=config.profile)
        credentials = _RoleCredentials(source, region, config.role_arn)
        session.register_component("credential_provider", credentials)
    session.register("after-call", _require_an_answer)
    if config.fast:
        session.register_component("response_parser_factory", ParserFactory())
        session.register("choose-signer.sfn", choose_signer)
    return aioboto3.Session(botocore_session=session, region_name=region)


def _client(
    session: aioboto3.Session, config: AwsConfig, service: str, url: str | None, **options: Any
) -> AbstractAsyncContextManager[Any]:
    """One client, options of botocore's Config over the common ones."""
    common: dict[str, Any] = {
        # A fixed text: composing botocore's own costs a fifth of every call.
        "user_agent": USER_AGENT,
        "connect_timeout": config.connect_timeout_s,
        "read_timeout": config.read_timeout_s,
        "max_pool_connections": config.pool_size,
        "retries": {"mode": "standard", "total_max_attempts": config.max_attempts},
        "inject_host_prefix": False,
    }
    made = session.client(service, endpoint_url=url, config=AioConfig(**common | options))
    client: AbstractAsyncContextManager[Any] = made
    return client


def _require_an_answer(http_response: Any, parsed: Any, model: Any, **_: Any) -> None:
    """A 200 with nothing of the operation in it is someone else's: a proxy's page."""
    shape = model.output_shape
    if shape is None or not shape.required_members or http_response.status_code >= 300:
        return
    if shape.members.keys().isdisjoint(parsed or ()):
        raise ResponseParserError(f"This is no {shape.name}.")


@dataclass(frozen=True, slots=True)
class _RoleCredentials:
    """botocore's `credential_provider` component: the role, assumed with the usual credentials."""

    source: AioSession
    region: str
    role_arn: str

    async def load_credentials(self) -> Credentials | None:
        """Credentials that call AssumeRole at first use and again before they expire."""
        source_credentials = await self.source.get_credentials()
        if source_credentials is None:
            return None
        create_client: Any = partial(self.source.create_client, region_name=self.region)
        named = {"RoleSessionName": "handrail"}
        fetcher = Fetcher(create_client, source_credentials, self.role_arn, extra_args=named)
        return Credentials(refresh_using=fetcher.fetch_credentials, method="assume-role")
