"""A process takes part in telling news where somebody asks for it, and costs nothing where nobody
does."""

import asyncio
import json
import os
import subprocess
import sys
from typing import Any

import pytest

from handrail.aws.clients import AwsConfig
from handrail.core.errors import SettingsError
from handrail.entrypoints.compose_http import open_services
from handrail.entrypoints.serve import InOrder
from handrail.usecases.local_engine import LocalEngine
from handrail.usecases.machine_folder import Survey
from tests.environment import settings_of
from tests.stubs.stepfunctions import StepFunctionsStub
from tests.web.served import eventually

from .test_notified import HOOK, folder

LOCAL = Survey([folder(HOOK)], (), LocalEngine(lambda _: (), lambda _: (), ()))
UNUSED = """
import asyncio, sys
from handrail.aws.clients import AwsConfig
from handrail.entrypoints.compose_http import open_services
from handrail.settings import Settings
async def run():
    nowhere = AwsConfig(endpoint_url="http://127.0.0.1:9")
    async with open_services(Settings.read(), nowhere) as services:
        assert services.news_sending is None
        assert services.news.outbox is None
        assert len(asyncio.all_tasks()) == 1
asyncio.run(run())
print(*sorted(name for name in sys.modules if "news" in name.lower() or "webhooks" in name))
"""


async def test_who_is_asked_for_news_leads_and_gives_the_lead_back_in_the_end() -> None:
    async with StepFunctionsStub() as stub:
        stub.add_machine("orders")
        config = AwsConfig(endpoint_url=stub.url)
        async with open_services(settings_of(), config, LOCAL) as services:
            sending, outbox = services.news_sending, services.news.outbox
            assert sending is not None
            assert outbox is not None
            await eventually(lambda: sending.leader.leads)
            assert services.news.subscriptions is sending.subscribers.by_id
            assert len(services.news.subscriptions) == 1
            assert not await outbox.lead("another", 1)
            await InOrder(services, settings_of(drain_window_s=0)).drain()
            assert not sending.leader.leads
            assert await outbox.lead("another", 1)


async def test_what_is_missing_keeps_the_service_from_starting() -> None:
    async with StepFunctionsStub() as stub:
        config = AwsConfig(endpoint_url=stub.url)
        survey = Survey([folder(HOOK)])
        with pytest.raises(SettingsError, match="HANDRAIL_TABLE or HANDRAIL_BUS_URL"):
            async with open_services(settings_of(), config, survey):
                raise AssertionError("it was opened")


@pytest.mark.parametrize("frozen", [False, True])
async def test_where_others_send_news_is_shown_and_nothing_else(*, frozen: bool) -> None:
    async with StepFunctionsStub() as stub:
        config = AwsConfig(endpoint_url=stub.url)
        settings: dict[str, Any] = {"news": "off", "table": "handrail"}
        if frozen:
            settings["notify"] = json.dumps([{**HOOK, "on": ["waiting"]}])
        survey = Survey([folder(HOOK)])
        async with open_services(settings_of(**settings), config, survey) as services:
            assert services.news_sending is None
            assert (services.news.sends, services.news.outbox is None) == (False, False)
            assert len(services.news.subscriptions) == 1 + frozen


async def test_where_nobody_asks_nothing_is_imported_and_no_task_begun() -> None:
    nowhere = {"AWS_REGION": "us-east-1", "HANDRAIL_STATE_MACHINES_DIR": "nowhere"}
    ended = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", UNUSED],
        env={**os.environ, **nowhere},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ended.returncode == 0, ended.stderr
    used = set(ended.stdout.split())
    assert not {name for name in used if "usecases.news" in name} - {
        "handrail.usecases.news",
        "handrail.usecases.news.news_service",
    }
    assert not {
        name for name in used if "compose_news" in name or name.startswith("handrail.webhooks")
    }
