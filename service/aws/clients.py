"""The connections to AWS: the one file that knows aioboto3.

Configuration the way the AWS command line takes it: AWS_REGION or AWS_DEFAULT_REGION, AWS_PROFILE,
AWS_ENDPOINT_URL_SFN, AWS_ENDPOINT_URL and the shared configuration file all keep their meaning.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import aioboto3
from aiobotocore.config import AioConfig
from aiobotocore.credentials import (
    AioAssumeRoleCredentialFetcher,
    AioDeferredRefreshableCredentials,
)
from aiobotocore.session import AioSession
from botocore.exceptions import BotoCoreError
from botocore.parsers import ResponseParserError

from service import __version__
from service.aws.fast_botocore import ParserFactory, choose_signer, settle_endpoint
from service.core.errors import SettingsError

if TYPE_CHECKING:
    from types_aiobotocore_stepfunctions.client import SFNClient

USER_AGENT = f"handrail/{__version__}"
LONG_POLL_READ_TIMEOUT_S = 70.0
"""GetActivityTask answers after 60 s at the latest and asks for 65 s of patience."""


@dataclass(frozen=True, slots=True)
class AwsConfig:
    """How to reach AWS. None means: what AWS's own variables and files say.

    `role_arn` is assumed for every call and refreshed before it expires. `max_attempts` counts the
    first attempt; nothing above this retries again. `fast` puts `wire`'s parser and signer in place
    of botocore's own.
    """

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


class Clients:
    """The open clients: `sfn` for everything short, the others once they're needed, each opened
    once and used again."""

    def __init__(self, opener: "_Opener", stack: AsyncExitStack, sfn: "SFNClient") -> None:
        self.sfn = sfn
        self._opener = opener
        self._stack = stack
        self._opening = asyncio.Lock()
        self._sync: SFNClient | None = None
        self._long_poll: SFNClient | None = None
        self._others: dict[tuple[str, str | None], Any] = {}

    async def sync(self) -> "SFNClient":
        """For StartSyncExecution: waits 5 minutes and never retries, which would start twice."""
        async with self._opening:
            if self._sync is None:
                # AWS serves it at sync-states.<region>…, any other endpoint under its own name.
                custom = self.sfn.meta.endpoint_url != await self._opener.aws_endpoint_url()
                config = self._opener.config
                context = self._opener.client(
                    read_timeout=config.sync_timeout_s,
                    retries=_retries(1),
                    inject_host_prefix=not custom,
                )
                self._sync = await self._stack.enter_async_context(context)
            return self._sync

    async def long_poll(self) -> "SFNClient":
        """For GetActivityTask, on a pool of its own: polls must not keep calls waiting."""
        async with self._opening:
            if self._long_poll is None:
                context = self._opener.client(read_timeout=LONG_POLL_READ_TIMEOUT_S)
                self._long_poll = await self._stack.enter_async_context(context)
            return self._long_poll

    async def functions(self) -> Any:
        """Lambda's client."""
        return await self._other("lambda")

    async def dynamodb(self) -> Any:
        """DynamoDB's client."""
        return await self._other("dynamodb")

    async def sqs(self) -> Any:
        """SQS's client."""
        return await self._other("sqs")

    async def sockets(self, endpoint_url: str) -> Any:
        """The client of a WebSocket API's management, `https://{api}…amazonaws.com/{stage}`."""
        return await self._other("apigatewaymanagementapi", endpoint_url)

    async def _other(self, service: str, endpoint_url: str | None = None) -> Any:
        """Opened at its first use, on a pool of its own."""
        key = (service, endpoint_url)
        if key in self._others:
            return self._others[key]
        async with self._opening:
            if key not in self._others:
                context = self._opener.other(service, endpoint_url)
                self._others[key] = await self._stack.enter_async_context(context)
            return self._others[key]

    @property
    def region(self) -> str:
        """The region in force, whoever named it."""
        return self._opener.region

    async def caller_identity(self) -> str:
        """The ARN of who this service is, from STS; its account is where it works."""
        async with self._opener.sts() as sts:
            answer = await sts.get_caller_identity()
            return str(answer["Arn"])


@asynccontextmanager
async def open_clients(config: AwsConfig) -> AsyncIterator[Clients]:
    """Open the Step Functions clients; all are closed at the end. Makes no call to AWS yet.

    Raises SettingsError where the region, the profile or an endpoint URL can't be used.
    """
    async with AsyncExitStack() as stack:
        try:
            opener = _Opener(config)
            sfn = await stack.enter_async_context(opener.client())
            if config.fast:
                await settle_endpoint(sfn)
        except (BotoCoreError, ValueError) as error:
            raise SettingsError(f"AWS can't be set up: {error}") from error
        yield Clients(opener, stack, sfn)


class _Opener:
    """A session, its region and its credentials, from which alike clients are opened."""

    def __init__(self, config: AwsConfig) -> None:
        self.config = config
        source = AioSession(profile=config.profile)
        self.region = (
            config.region or os.environ.get("AWS_REGION") or source.get_config_variable("region")
        )
        if not self.region:
            raise SettingsError("No AWS region: set AWS_REGION, or a region in the AWS profile.")
        session = source
        if config.role_arn:
            session = AioSession(profile=config.profile)
            credentials = _RoleCredentials(source, self.region, config.role_arn)
            session.register_component("credential_provider", credentials)
        session.register("after-call", _require_an_answer)
        if config.fast:
            session.register_component("response_parser_factory", ParserFactory())
            session.register("choose-signer.sfn", choose_signer)
        self._session = aioboto3.Session(botocore_session=session, region_name=self.region)

    def client(self, **options: Any) -> "AbstractAsyncContextManager[SFNClient]":
        """One client, options of botocore's Config over the common ones."""
        return self._open(self.config.endpoint_url, **options)

    def other(
        self, service: str, endpoint_url: str | None = None
    ) -> AbstractAsyncContextManager[Any]:
        """A client of another service, at the configured endpoint unless at one of its own."""
        return self._open(endpoint_url or self.config.endpoint_url, service)

    def _open(
        self, endpoint_url: str | None, service: str = "stepfunctions", **options: Any
    ) -> AbstractAsyncContextManager[Any]:
        config = self.config
        common: dict[str, Any] = {
            # A fixed text: composing botocore's own costs a fifth of every call.
            "user_agent": USER_AGENT,
            "connect_timeout": config.connect_timeout_s,
            "read_timeout": config.read_timeout_s,
            "max_pool_connections": config.pool_size,
            "retries": _retries(config.max_attempts),
            "inject_host_prefix": False,
        }
        client: AbstractAsyncContextManager[Any] = self._session.client(
            service,
            endpoint_url=endpoint_url,
            config=AioConfig(**common | options),
        )
        return client

    def sts(self) -> AbstractAsyncContextManager[Any]:
        """A client for one question. A configured endpoint is expected to answer it too."""
        config = AioConfig(
            connect_timeout=self.config.connect_timeout_s,
            read_timeout=self.config.read_timeout_s,
            retries=_retries(self.config.max_attempts),
        )
        client: AbstractAsyncContextManager[Any] = self._session.client(
            "sts", endpoint_url=self.config.endpoint_url, config=config
        )
        return client

    async def aws_endpoint_url(self) -> str:
        """AWS's own endpoint of the region, whatever is configured."""
        async with self._open(None, ignore_configured_endpoint_urls=True) as client:
            return str(client.meta.endpoint_url)


def _require_an_answer(http_response: Any, parsed: Any, model: Any, **_: Any) -> None:
    """A 200 with nothing of the operation in it is someone else's: a proxy's page."""
    shape = model.output_shape
    if shape is None or not shape.required_members or http_response.status_code >= 300:
        return
    if shape.members.keys().isdisjoint(parsed or ()):
        raise ResponseParserError(f"This is no {shape.name}.")


def _retries(attempts: int) -> Mapping[str, object]:
    return {"mode": "standard", "total_max_attempts": attempts}


class _RoleCredentials:
    """botocore's `credential_provider` component: the role, assumed with the usual credentials."""

    def __init__(self, source: AioSession, region: str, role_arn: str) -> None:
        self._source = source
        self._region = region
        self._role_arn = role_arn

    async def load_credentials(self) -> AioDeferredRefreshableCredentials | None:
        """Credentials that call AssumeRole at first use and again before they expire."""
        source_credentials = await self._source.get_credentials()
        if source_credentials is None:
            return None
        create_client: Any = partial(self._source.create_client, region_name=self._region)
        fetcher = AioAssumeRoleCredentialFetcher(
            client_creator=create_client,
            source_credentials=source_credentials,
            role_arn=self._role_arn,
            extra_args={"RoleSessionName": "handrail"},
        )
        return AioDeferredRefreshableCredentials(
            refresh_using=fetcher.fetch_credentials, method="assume-role"
        )
