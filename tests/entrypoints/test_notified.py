"""Who is to be told is read from the settings and from the files of state machines; what is missing
for it is said before anything starts."""

import json
from pathlib import Path
from typing import Any

import pytest

from handrail.core.definition.machine_file import MachineFile
from handrail.core.errors import SettingsError
from handrail.core.models import Account
from handrail.core.news.subscriptions import NewsSubscription
from handrail.core.news.targets import QueueTarget
from handrail.entrypoints.notified import (
    news_wanted,
    notify_anew,
    refuse_frozen_news,
    refuse_incomplete,
    subscriptions_by,
    subscriptions_shown,
)
from handrail.settings import Settings
from handrail.usecases.machine_folder import MachineFolder
from handrail.usecases.news.subscribers import Subscribers
from tests.fakes import ACCOUNT
from tests.news_receiver import SECRET

PASS = json.dumps({"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}})
QUEUE = "sqs:https://sqs.${REGION}.amazonaws.com/${ACCOUNT_ID}/news"
HOOK = {"on": ["failed"], "url": "https://news.example.com/", "secret": SECRET}


def folder(*entries: Any, template: str = PASS, **file: Any) -> MachineFolder:
    described = {"name": "orders", "notify": list(entries), **file}
    return MachineFolder(Path("orders"), template, MachineFile.parse(json.dumps(described)))


def asking(*entries: Any, **settings: Any) -> Settings:
    return Settings(notify=json.dumps(list(entries)), **settings)


def test_news_is_wanted_where_a_file_or_the_settings_ask() -> None:
    assert not news_wanted(Settings(), [folder()])
    assert news_wanted(Settings(), [folder(), folder(HOOK)])
    assert news_wanted(asking(HOOK), [])


def test_what_files_leave_open_is_filled_in_by_the_account() -> None:
    entry = {"on": ["failed"], "url": QUEUE}
    (found,) = subscriptions_by(Settings(), [folder(entry, name="orders${SUFFIX}")], ACCOUNT)
    assert found.target == QueueTarget("https://sqs.eu-west-1.amazonaws.com/123456789012/news")
    assert found.machines.match("orders")
    named = Settings(environment="prod")
    (found,) = subscriptions_by(named, [folder(entry, name="orders${SUFFIX}")], ACCOUNT)
    assert found.machines.match("orders-prod")


def test_a_file_that_can_t_be_used_is_named() -> None:
    with pytest.raises(SettingsError, match=r"orders: .*Pay is no state"):
        subscriptions_by(Settings(), [folder({**HOOK, "on": ["state:Pay.failed"]})], ACCOUNT)
    missing = {**HOOK, "secret": "env:NEWS_SECRET"}
    with pytest.raises(SettingsError, match="NEWS_SECRET"):
        subscriptions_by(Settings(), [folder(missing)], ACCOUNT)


def test_without_a_store_or_a_push_a_start_is_refused_with_both_sentences() -> None:
    entry = {**HOOK, "on": ["waiting"]}
    asked = subscriptions_by(asking(entry), [], ACCOUNT)
    with pytest.raises(SettingsError, match=r"HANDRAIL_TABLE.*HANDRAIL_EVENTS_STREAM"):
        refuse_incomplete(asking(entry), asked)
    stored = asking(entry, table="handrail", events_stream="events")
    refuse_incomplete(stored, asked)
    refuse_incomplete(asking(entry, events_stream="events"), asked, local=True)


def test_plain_http_is_for_what_the_operator_allows_and_for_this_machine_in_dev() -> None:
    entry = {**HOOK, "url": "http://127.0.0.1:9000/news"}
    settings = asking(entry, table="handrail")
    asked = subscriptions_by(settings, [], ACCOUNT)
    with pytest.raises(SettingsError, match="HANDRAIL_NEWS_PRIVATE"):
        refuse_incomplete(settings, asked)
    refuse_incomplete(settings, asked, local=True)
    refuse_incomplete(asking(entry, table="handrail", news_private="127.0.0.0/8"), asked)


def test_an_express_state_machine_is_known_by_its_name_in_this_stage() -> None:
    settings = asking({**HOOK, "machines": "quotes-prod"}, table="news", environment="prod")
    asked = subscriptions_by(settings, [], ACCOUNT)
    with pytest.raises(SettingsError, match=r"quotes-prod, an Express state machine"):
        refuse_incomplete(settings, asked, [folder(name="quotes${SUFFIX}", type="EXPRESS")])
    refuse_incomplete(settings, asked, [folder(name="quotes${SUFFIX}", type="STANDARD")])


def test_a_process_that_is_frozen_refuses_what_its_settings_ask_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SettingsError, match="HANDRAIL_NEWS=off"):
        refuse_frozen_news(asking(HOOK), [])
    refuse_frozen_news(asking(HOOK, news="off"), [folder(HOOK)])
    refuse_frozen_news(Settings(), [folder()])
    assert capsys.readouterr().out == ""
    refuse_frozen_news(Settings(), [folder(HOOK)])
    assert "news are not sent by a Lambda function" in capsys.readouterr().out


class Sending:
    """What of a NewsSending is asked for here."""

    def __init__(self, *subscriptions: NewsSubscription) -> None:
        self.subscribers, self.replaced = Subscribers.of(subscriptions), 0

    async def replace(self, subscriptions: list[NewsSubscription]) -> None:
        self.subscribers.replace(subscriptions)
        self.replaced += 1


async def account() -> Account:
    return ACCOUNT


async def test_files_that_change_have_others_told_and_only_then() -> None:
    sending: Any = Sending(*subscriptions_by(Settings(), [folder(HOOK)], ACCOUNT))
    await notify_anew(Settings(), sending, account, [folder(HOOK)])
    assert sending.replaced == 0
    changed = {**HOOK, "on": ["succeeded"]}
    await notify_anew(Settings(), sending, account, [folder(changed)])
    (found,) = sending.subscribers.by_id.values()
    assert (sending.replaced, found.on.kinds) == (1, ("succeeded",))
    with pytest.raises(SettingsError):
        await notify_anew(Settings(), sending, account, [folder({**HOOK, "on": ["redriven"]})])
    assert sending.replaced == 1


async def test_the_first_who_asks_needs_another_start() -> None:
    await notify_anew(Settings(), None, account, [folder()])
    with pytest.raises(SettingsError, match="start handrail dev again"):
        await notify_anew(Settings(), None, account, [folder(HOOK)])


def test_who_sends_nothing_needs_no_secret_and_is_not_kept_from_starting(
    capsys: pytest.CaptureFixture[str],
) -> None:
    secret = {**HOOK, "secret": "env:NEWS_SECRET"}
    broken = folder({**HOOK, "on": ["state:Pay.failed"]})
    found = subscriptions_shown(asking(HOOK), [folder(secret), broken], ACCOUNT)
    assert [each.place for each in found] == ["HANDRAIL_NOTIFY[0]", "orders: notify[0]"]
    assert "notify not read" in capsys.readouterr().out
    refuse_frozen_news(Settings(), [folder(secret)])
    with pytest.raises(SettingsError, match="needs a container"):
        refuse_frozen_news(asking(secret), [])
