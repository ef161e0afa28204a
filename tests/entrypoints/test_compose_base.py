"""What every entry point needs is opened, and closed in the end."""

import json

import pytest

from handrail.aws.clients import AwsConfig
from handrail.core.errors import Draining, SettingsError
from handrail.core.protocol.client_messages import Level
from handrail.core.pushes import Push
from handrail.entrypoints.compose_base import open_base
from tests.core.histories import History
from tests.environment import settings_of
from tests.stubs.stepfunctions import StepFunctionsStub
from tests.usecases.live.pushing import pushed

from .test_notified import HOOK


async def test_nothing_is_watched_any_more_once_it_is_closed() -> None:
    async with StepFunctionsStub() as stub:
        stub.add_machine("order")
        async with open_base(settings_of(), AwsConfig(endpoint_url=stub.url)) as base:
            assert (await base.hub.account()).region == "us-east-1"
        assert base.hub.tasks == frozenset()
        with pytest.raises(Draining):
            base.hub.subscribe(
                "order:one", id="s1", after=None, level=Level.STATES, wake=lambda: None
            )


async def test_a_process_that_is_frozen_between_requests_refuses_to_send_news() -> None:
    settings = settings_of(notify=json.dumps([HOOK]))
    with pytest.raises(SettingsError, match="HANDRAIL_NEWS=off"):
        async with open_base(settings, promises=False):
            raise AssertionError("it was opened")


async def test_what_is_pushed_is_told_to_all_who_listen() -> None:
    heard: list[Push] = []
    async with StepFunctionsStub() as stub:
        stub.add_machine("order")
        async with open_base(settings_of(), AwsConfig(endpoint_url=stub.url)) as base:
            account = await base.hub.account()
            base.push_listeners.append(heard.append)
            push = pushed(History().events[0], "order:one", account=account)
            base.hub.pushed(push)
            assert heard == [push]
