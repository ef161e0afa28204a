"""The embedded engine stands for AWS, and nobody's real account is asked."""

import os
from types import SimpleNamespace
from typing import Any

import pytest

from handrail.entrypoints.dev import engine_config, use_engine
from handrail.settings import Settings

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
