"""What `handrail doctor` prints, and ends with."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import structlog
from click.testing import CliRunner, Result

from handrail.cli import main
from tests.environment import made_up
from tests.stubs.whole_account import Refused, WholeAccount, whole_account


@pytest.fixture
async def account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[WholeAccount]:
    made_up(monkeypatch, tmp_path, "AWS_", "HANDRAIL_")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "very-secret")
    monkeypatch.setenv("HANDRAIL_BUS_URL", "redis://ada:hush@127.0.0.1:1")
    async with whole_account() as account:
        monkeypatch.setenv("AWS_ENDPOINT_URL", account.url)
        yield account


@pytest.fixture(autouse=True)
def logs() -> Iterator[None]:
    yield
    structlog.reset_defaults()


async def doctor(*args: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, main, ["doctor", *args])


async def test_what_is_missing_is_told_with_what_mends_it_and_no_secret(
    account: WholeAccount,
) -> None:
    result = await doctor()

    assert result.exit_code == 1
    assert "missing      bus: 127.0.0.1:1 doesn't answer as a bus does (closed)\n" in result.stdout
    assert "             → start what listens at 127.0.0.1:1" in result.stdout
    assert "ok           endpoint: Step Functions of us-east-1" in result.stdout
    assert "1 missing" in result.stderr
    assert "hush" not in result.output
    assert "very-secret" not in result.output


async def test_as_json_it_is_one_object_a_line(
    account: WholeAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HANDRAIL_BUS_URL")

    result = await doctor("--json", "order")

    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.exit_code == 0
    assert {each["verdict"] for each in found} <= {"ok", "warning", "not_checked"}
    assert all(each.keys() == {"check", "verdict", "text", "mend"} for each in found)
    assert result.stderr == ""


async def test_a_setting_that_can_t_be_read_is_missing(
    account: WholeAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HANDRAIL_LIVE_READS_PER_S", "many")

    result = await doctor()

    assert result.exit_code == 1
    assert "→ HANDRAIL_LIVE_READS_PER_S=…" in result.stdout
    assert account.asked == []


async def test_an_aws_out_of_reach_ends_with_3(
    account: WholeAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", account.url.replace("http:", "https:"))

    result = await doctor()

    assert result.exit_code == 3
    assert f"→ AWS_ENDPOINT_URL={account.url}" in result.stdout


async def test_credentials_that_aren_t_taken_leave_no_second_line_in_the_log(
    account: WholeAccount,
) -> None:
    account.everything = Refused("ExpiredTokenException")

    result = await doctor()

    assert result.exit_code == 1
    assert "aws refused" not in result.output
    assert result.stdout.count("ExpiredTokenException") == 1


async def test_what_names_no_state_machine_is_a_wrong_argument(account: WholeAccount) -> None:
    result = await doctor("order:3")

    assert result.exit_code == 2
    assert "order:3 names no state machine." in result.stderr
