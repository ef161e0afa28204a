"""The settings by themselves."""

from pathlib import Path
from typing import Any

import pytest

from handrail.core.diagnosis.diagnoses import Diagnosis, Verdict
from handrail.entrypoints.settings_check import judge_settings, refused_all
from tests.environment import settings_of

LOOPBACK, ANYWHERE = "127.0.0.1", "0.0.0.0"  # noqa: S104 what the service would listen on
BEFORE_OTHERS = {"auth": "jwt", "jwt_issuer": "https://id.example", "jwt_audience": "handrail"}


async def found(host: str = LOOPBACK, **settings: Any) -> list[Diagnosis]:
    return await judge_settings(settings_of(**settings), host)


async def test_the_defaults_are_for_this_machine() -> None:
    [fine] = await found()

    assert fine.verdict is Verdict.OK


@pytest.mark.parametrize(
    ("settings", "host", "name"),
    [
        ({}, ANYWHERE, "HANDRAIL_AUTH"),
        ({"auth": "api-key"}, LOOPBACK, "HANDRAIL_API_KEYS"),
        ({"auth": "jwt"}, LOOPBACK, "HANDRAIL_JWT_ISSUER"),
        ({"link_keys": f"k:{'x' * 32}", **BEFORE_OTHERS}, ANYWHERE, "HANDRAIL_PUBLIC_URL"),
        ({"queue_url": "https://sqs/1/q", "table": "abc"}, LOOPBACK, "HANDRAIL_SOCKET_ENDPOINT"),
    ],
)
async def test_what_the_service_refuses_is_missing(
    settings: dict[str, Any], host: str, name: str
) -> None:
    missing = [each for each in await found(host, **settings) if each.verdict is Verdict.MISSING]

    assert [each.mend for each in missing] == [f"{name}=…"]
    assert "x" * 32 not in str(missing)


async def test_a_collector_that_is_no_url_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "secret@localhost:4318")

    [missing] = await found(traces=True)
    [fine] = await found()

    assert (missing.verdict, missing.mend) == (Verdict.MISSING, "OTEL_EXPORTER_OTLP_ENDPOINT=…")
    assert "secret" not in missing.text
    assert fine.verdict is Verdict.OK


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"public_url": "http://steps.example"}, "http:"),
        ({"keep_alive_s": 30}, "502"),
        ({"drain_delay_s": 60}, "killed after 30 s"),
        ({"auth": "none", "allow_unauthenticated": True}, "everybody"),
    ],
)
async def test_what_it_would_start_with_and_be_sorry_for(
    settings: dict[str, Any], said: str
) -> None:
    there = await found(ANYWHERE, **BEFORE_OTHERS | settings)
    here = await found(LOOPBACK, **BEFORE_OTHERS | settings)

    [warned] = [each for each in there if each.verdict is Verdict.WARNING]
    assert said in warned.text
    assert warned.mend is not None
    assert {each.verdict for each in here} == {Verdict.OK}


async def test_traces_need_their_extra() -> None:
    settings = settings_of(traces=True)

    [missing] = await judge_settings(settings, LOOPBACK, installed=lambda _module: False)
    [fine] = await judge_settings(settings, LOOPBACK)

    assert "handrail[otel]" in str(missing.mend)
    assert fine.verdict is Verdict.OK


def test_each_setting_that_can_t_be_read_is_one_diagnosis() -> None:
    both = refused_all("HANDRAIL_A: no; unset the old one; HANDRAIL_B: a number")

    assert [each.mend for each in both] == ["HANDRAIL_A=…", "HANDRAIL_B=…"]
    assert both[0].text == "HANDRAIL_A: no; unset the old one"


def test_what_the_sdk_says_is_mended_too() -> None:
    [region] = refused_all("No AWS region: set AWS_REGION, or a region in the AWS profile.")
    [profile] = refused_all("AWS can't be set up: The config profile (x) could not be found")

    assert str(region.mend).startswith("AWS_REGION=")
    assert str(profile.mend).startswith("AWS_PROFILE=")


NOTIFY = '[{"on": ["waiting"], "url": "sns:arn:aws:sns:eu-west-1:123456789012:orders"}]'


async def test_what_news_need_and_isnt_set_is_missing() -> None:
    [missing] = await found(notify=NOTIFY)
    whole = await found(notify=NOTIFY, table="news", events_stream="events")
    others = await found(notify=NOTIFY, news="off")

    assert missing.verdict is Verdict.MISSING
    assert "HANDRAIL_EVENTS_STREAM" in missing.text
    assert "HANDRAIL_TABLE" in missing.text
    assert {each.verdict for each in (*whole, *others)} == {Verdict.OK}


async def test_a_function_sends_no_news_and_takes_no_status_changes() -> None:
    refused = await found(preload="http", notify=NOTIFY, events_secret="secret-of-the-events")

    assert [each.verdict for each in refused] == [Verdict.MISSING] * 2
    assert "HANDRAIL_NOTIFY" in refused[0].text
    assert refused[1].mend == "HANDRAIL_EVENTS_SECRET=…"
    assert "secret-of" not in str(refused)


async def test_news_of_a_folder_are_left_to_others_by_a_function(tmp_path: Path) -> None:
    folder = tmp_path / "orders"
    folder.mkdir()
    (folder / "definition.asl.json").write_text(
        '{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}'
    )
    (folder / "machine.json").write_text(
        '{"name": "orders", "type": "STANDARD", "notify": [{"on": ["failed"], "then": '
        '{"machine": "orders"}}]}'
    )
    [told] = await found(preload="live", state_machines_dir=tmp_path)
    [fine] = await found(preload="live", state_machines_dir=tmp_path, news="off")

    assert (told.verdict, fine.verdict) == (Verdict.WARNING, Verdict.OK)
    assert "the news of orders" in told.text
