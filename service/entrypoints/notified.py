"""Reads who is to be told of executions, by the settings and by the files of state machines, and
says what is missing for it."""

import os
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from ipaddress import ip_network
from typing import TYPE_CHECKING

import structlog

from handrail.core.access.outbound_addresses import PrivateAllowance
from handrail.core.definition.machine_file import rendered, stage_names
from handrail.core.definition.substitution import fill_known
from handrail.core.errors import ServiceError, SettingsError
from handrail.core.models import Account, MachineType
from handrail.core.news.requirements import missing_for, plain_urls
from handrail.core.news.subscriptions import (
    NewsSubscription,
    subscriptions_in,
    subscriptions_of_setting,
)
from handrail.settings import Settings
from handrail.usecases.machine_folder import MachineFolder

if TYPE_CHECKING:
    from handrail.usecases.news.news_sending import NewsSending

LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
ANY_ACCOUNT = "000000000000"
OTHERS_SEND = "HANDRAIL_NEWS=off, which says that a container sends them"

log = structlog.get_logger(__name__)


def news_wanted(settings: Settings, folders: Iterable[MachineFolder]) -> bool:
    """Whether anybody asks for news."""
    return bool(settings.notify_entries) or any(folder.file.notify for folder in folders)


class NoSecrets(Mapping[str, str]):
    """The environment of a process that sends nothing, and so needs none of the secrets: each has
    the same made-up one."""

    def __getitem__(self, name: str) -> str:
        return "whsec_" + "A" * 32

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def subscriptions_shown(
    settings: Settings, folders: Iterable[MachineFolder], account: Account
) -> list[NewsSubscription]:
    """Those that others send to, for their names alone. What can't be read is logged."""
    found = []
    for some in ((), *((folder,) for folder in folders)):
        kept = settings if not some else settings.model_copy(update={"notify": None})
        try:
            found += subscriptions_by(kept, some, account, NoSecrets())
        except SettingsError as error:
            log.warning("notify not read", why=str(error))
    return found


def subscriptions_by(
    settings: Settings,
    folders: Iterable[MachineFolder],
    account: Account,
    environment: Mapping[str, str] = os.environ,
) -> list[NewsSubscription]:
    """`environment` has the secrets that entries name. Raises SettingsError naming each that can't
    be used."""
    found = subscriptions_of_setting(settings.notify_entries, environment)
    for folder in folders:
        if not folder.file.notify:
            continue
        try:
            machine = rendered(
                folder.file, folder.template, account=account, environment=settings.environment
            )
        except ServiceError as error:
            raise SettingsError(f"{folder.path}: {error.detail}") from error
        found += subscriptions_in(machine.name, machine.notify, environment)
    return found


def refuse_incomplete(
    settings: Settings,
    subscriptions: Sequence[NewsSubscription],
    folders: Iterable[MachineFolder] = (),
    *,
    local: bool = False,
) -> None:
    """`local`: the embedded engine is in this process. Raises SettingsError with a sentence for
    each thing that is missing."""
    stored = settings.table is not None or settings.bus_url is not None
    stage = stage_names(settings.environment)
    express = {
        fill_known(each.file.name, stage)
        for each in folders
        if each.file.type is MachineType.EXPRESS
    }
    missing = missing_for(
        subscriptions,
        push=settings.events_stream is not None,
        store=stored or local,
        link_keys=bool(settings.keyring),
        public_url=settings.public_url is not None,
        served=settings.served_machines,
        express=express,
    )
    missing += plain_urls(subscriptions, allowance(settings, local=local))
    if missing:
        raise SettingsError(" ".join(missing))


async def notify_anew(
    settings: Settings,
    sending: "NewsSending | None",
    account: Callable[[], Awaitable[Account]],
    folders: Sequence[MachineFolder],
) -> None:
    """Of `handrail dev`, where files changed: tells whom they name now. Raises SettingsError, and
    then those of before go on."""
    if sending is None:
        if settings.news == "on" and news_wanted(settings, folders):
            raise SettingsError("notify: start handrail dev again, which had nobody to tell.")
        return
    asked = subscriptions_by(settings, folders, await account())
    refuse_incomplete(settings, asked, folders, local=True)
    if {each.id: each for each in asked} != sending.subscribers.by_id:
        await sending.replace(asked)


def refuse_frozen_news(settings: Settings, folders: Iterable[MachineFolder]) -> None:
    """Of a process that is frozen between requests, which sends none. Raises SettingsError where
    the settings ask for some; what files ask for may be sent by others, and is logged."""
    asking = [folder.file.name for folder in folders if folder.file.notify]
    if settings.news == "off" or not (asking or settings.notify):
        return
    asked = subscriptions_of_setting(settings.notify_entries, NoSecrets())
    if missing := missing_for(
        asked, push=True, store=True, link_keys=True, public_url=True, on_lambda=True
    ):
        raise SettingsError(" ".join(missing))
    log.warning("news are not sent by a Lambda function", state_machines=asking, mend=OTHERS_SEND)


def allowance(settings: Settings, *, local: bool) -> PrivateAllowance:
    """Which private addresses may be called: this machine's too where the engine is here."""
    given = settings.private_allowance
    if not local:
        return given
    hosts, networks = given.hosts | {"localhost"}, (*given.networks, *LOOPBACK)
    return replace(given, hosts=hosts, networks=networks)
