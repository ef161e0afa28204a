"""Settings of news: read where there are any, and nothing loaded where there are none."""

import os
import subprocess
import sys

import pytest

from handrail.core.errors import SettingsError
from handrail.settings import Settings


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in (
        "HANDRAIL_NOTIFY",
        "HANDRAIL_NEWS_PRIVATE",
        "HANDRAIL_NEWS",
        "HANDRAIL_THEN_DEPTH",
    ):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def read(environment: pytest.MonkeyPatch, **variables: str) -> Settings:
    for name, value in variables.items():
        environment.setenv(name, value)
    return Settings.read()


def test_without_any_nobody_is_told_and_only_public_addresses_are_called() -> None:
    settings = Settings.read()
    assert (settings.notify_entries, settings.news, settings.then_depth) == ((), "on", 5)
    assert not settings.private_allowance.allows("10.0.0.1")


def test_notify_is_read_and_its_mistakes_quote_no_secret(
    bare_environment: pytest.MonkeyPatch,
) -> None:
    good = '[{"on": ["failed"], "url": "eventbridge:default", "machines": "orders-*"}]'
    [entry] = read(bare_environment, HANDRAIL_NOTIFY=good).notify_entries
    assert entry.patterns.match("orders-eu")
    bad = '[{"on": ["failed"], "url": "https://h.example/T0KEN", "secret": "whsec_T0KEN"}]'
    with pytest.raises(
        SettingsError, match=r"HANDRAIL_NOTIFY: \[0\]\.secret: must read"
    ) as refused:
        read(bare_environment, HANDRAIL_NOTIFY=bad)
    assert "T0KEN" not in str(refused.value)


def test_hosts_that_may_be_private_are_read(bare_environment: pytest.MonkeyPatch) -> None:
    given = read(bare_environment, HANDRAIL_NEWS_PRIVATE="hooks.internal, 10.0.0.0/8")
    assert given.private_allowance.names("hooks.internal")
    assert given.private_allowance.allows("10.0.0.1")
    with pytest.raises(SettingsError, match=r"HANDRAIL_NEWS_PRIVATE: .* is neither a host"):
        read(bare_environment, HANDRAIL_NEWS_PRIVATE="10.0.0.0/99")


@pytest.mark.parametrize("depth", ["0", "100", "deep"])
def test_a_depth_is_from_1_to_99(bare_environment: pytest.MonkeyPatch, depth: str) -> None:
    with pytest.raises(SettingsError, match="HANDRAIL_THEN_DEPTH"):
        read(bare_environment, HANDRAIL_THEN_DEPTH=depth)


def test_who_asks_for_no_news_loads_nothing_of_it() -> None:
    said = "import sys, handrail.settings as s; s.Settings.read(); print(*sys.modules)"
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": os.environ.get("PYTHONPATH", "")}
    found = subprocess.run(  # noqa: S603
        [sys.executable, "-c", said], env=environment, capture_output=True, text=True, check=True
    )
    assert "handrail.core.access.origins" in found.stdout
    assert "handrail.core.news" not in found.stdout
    assert "outbound_addresses" not in found.stdout
