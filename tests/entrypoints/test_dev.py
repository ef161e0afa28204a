"""The embedded engine stands for AWS, and nobody's real account is asked."""

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from handrail.core.definition.machine_file import MachineFile
from handrail.entrypoints.dev import engine_config, greeting, use_engine
from handrail.settings import Settings
from handrail.usecases.deploy import Deployed
from handrail.usecases.machine_folder import FolderProblem, MachineFolder, Survey

ENGINE: Any = SimpleNamespace(
    endpoint_url="http://127.0.0.1:4566",
    region="us-east-1",
    access_key_id="made-up",
    secret_access_key="made-up too",
)


def test_every_client_of_this_process_finds_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", {**os.environ})
    os.environ["AWS_ENDPOINT_URL_SFN"] = os.environ["AWS_SESSION_TOKEN"] = "somebody's"
    use_engine(ENGINE, "test")
    assert "AWS_ENDPOINT_URL_SFN" not in os.environ
    assert "AWS_SESSION_TOKEN" not in os.environ
    assert os.environ["AWS_ENDPOINT_URL"] == ENGINE.endpoint_url
    assert (os.environ["AWS_ACCESS_KEY_ID"], os.environ["ENVIRONMENT"]) == ("made-up", "test")


def test_no_role_is_assumed_at_the_engine() -> None:
    role = "arn:aws:iam::123456789012:role/handrail"
    config = engine_config(Settings(role_arn=role, aws_pool_size=7), ENGINE)
    assert (config.endpoint_url, config.role_arn) == (ENGINE.endpoint_url, None)
    assert config.pool_size == 7


def lines(survey: Survey) -> list[str]:
    engine: Any = SimpleNamespace(**vars(ENGINE), loaded=SimpleNamespace(path=Path("mine")))
    arn = "arn:aws:states:us-east-1:123456789012:"
    deployed = [
        Deployed(name, "created", f"{arn}{kind}:{name}")
        for name, kind in (("orders", "stateMachine"), ("clerk", "activity"))
    ]
    told = greeting("http://127.0.0.1:8000", engine, deployed if survey.folders else (), survey)
    return [line.rstrip() for line in told]


def test_whoever_starts_it_is_told_what_is_served_and_what_cannot_be() -> None:
    notes = ("pay needs a stand-in: it runs on nodejs20.x, not on Python",)
    orders = MachineFolder(Path("t.yaml"), "{}", MachineFile(name="orders"), notes=notes)
    problem = FolderProblem(Path("mine/refunds"), "Nothing of the kind.", state="Pay")
    said = lines(Survey([orders], [problem]))
    assert said == [
        "  page            http://127.0.0.1:8000/",
        "  documents       http://127.0.0.1:8000/docs",
        "  engine          http://127.0.0.1:4566 (us-east-1)",
        "  state machines  orders",
        "  activities      clerk (see docs/workers.md)",
        "  to know         orders: pay needs a stand-in: it runs on nodejs20.x, not on Python",
        "  left out        mine/refunds: Pay: Nothing of the kind.",
        "  Ctrl-C ends it.",
    ]


def test_where_nothing_is_found_it_says_what_was_looked_for() -> None:
    said = lines(Survey([]))
    assert "  state machines  none" in said
    [found] = [line for line in said if line.startswith("  nothing found")]
    assert all(name in found for name in ("mine", "definition.asl.json", "template", "serverless"))
    assert "`handrail init`" in said[-2]
