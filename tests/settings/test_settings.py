"""Settings are read from the environment, once, and refuse what can't be used."""

from pathlib import Path
from typing import Any

import pytest
import structlog
from pydantic import ValidationError

from handrail.core.errors import SettingsError
from handrail.settings import RENAMED, Settings, variable_of, warn_of_old_names
from tests.environment import setting_descriptions


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """No setting but what the test sets."""
    for field in (*Settings.model_fields, *RENAMED):
        monkeypatch.delenv(variable_of(field), raising=False)
    return monkeypatch


def read(environment: pytest.MonkeyPatch, **variables: str) -> Settings:
    for name, value in variables.items():
        environment.setenv(name, value)
    return Settings.read()


def test_without_any_variable_the_defaults_hold() -> None:
    settings = Settings.read()
    assert settings.environment == "dev"
    assert settings.state_machines_dir == Path("state_machines")
    assert settings.live_poll_min_s < settings.live_poll_max_s
    assert not settings.origins


def test_every_setting_says_what_it_is_for() -> None:
    assert Settings.model_fields.keys() == {
        name for name, text in setting_descriptions().items() if text
    }


def test_each_setting_is_read_from_its_variable(bare_environment: pytest.MonkeyPatch) -> None:
    settings = read(
        bare_environment,
        ENVIRONMENT="prod",
        HANDRAIL_LOG_LEVEL="warning",
        HANDRAIL_LIVE_POLL_MIN_S="0.5",
        HANDRAIL_STATE_MACHINES_DIR="/srv/machines",
        HANDRAIL_WS_MAX_SOCKETS="7",
    )
    assert settings.environment == "prod"
    assert settings.log_level == "warning"
    assert settings.live_poll_min_s == 0.5
    assert settings.state_machines_dir == Path("/srv/machines")
    assert settings.ws_max_sockets == 7


def test_only_the_stage_has_a_variable_without_the_prefix(
    bare_environment: pytest.MonkeyPatch,
) -> None:
    assert read(bare_environment, HANDRAIL_ENVIRONMENT="x", LOG_LEVEL="debug") == Settings.read()
    assert Settings.read().environment == "dev"
    assert Settings.read().log_level == "info"
    assert {name for name in Settings.model_fields if variable_of(name) == name.upper()} == {
        "environment"
    }


def test_variables_of_others_with_our_prefix_are_left_alone(
    bare_environment: pytest.MonkeyPatch,
) -> None:
    assert read(bare_environment, HANDRAIL_URL="http://elsewhere") is not None


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("ENVIRONMENT", "no blanks"),
        ("ENVIRONMENT", ""),
        ("HANDRAIL_LOG_LEVEL", "loud"),
        ("HANDRAIL_AWS_POOL_SIZE", "many"),
        ("HANDRAIL_LIVE_READS_PER_S", "0"),
        ("HANDRAIL_WS_MAX_MESSAGE_BYTES", "1"),
    ],
)
def test_a_value_that_cant_be_used_is_named(
    bare_environment: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    with pytest.raises(SettingsError, match=f"^{variable}: "):
        read(bare_environment, **{variable: value})


def test_every_value_that_cant_be_used_is_named(bare_environment: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError) as caught:
        read(bare_environment, HANDRAIL_LOG_LEVEL="loud", HANDRAIL_WS_HEARTBEAT_S="0")
    assert "HANDRAIL_LOG_LEVEL" in str(caught.value)
    assert "HANDRAIL_WS_HEARTBEAT_S" in str(caught.value)


def test_settings_dont_change() -> None:
    settings: Any = Settings.read()
    with pytest.raises(ValidationError):
        settings.log_level = "debug"


def test_origins_are_listed_with_commas(bare_environment: pytest.MonkeyPatch) -> None:
    listed = " https://a.example/ ,https://b.example,, "
    settings = read(bare_environment, HANDRAIL_ALLOWED_ORIGINS=listed)
    assert settings.origins.listed == {"https://a.example", "https://b.example"}


def test_an_origin_that_no_page_has_is_refused_with_what_to_write(
    bare_environment: pytest.MonkeyPatch,
) -> None:
    said = r"^HANDRAIL_ALLOWED_ORIGINS: x.example has no scheme: write https://x.example$"
    with pytest.raises(SettingsError, match=said):
        read(bare_environment, HANDRAIL_ALLOWED_ORIGINS="https://a.example,x.example")


@pytest.mark.parametrize("url", ["https://bücher.example", "https://a.example:99999/x"])
def test_a_public_url_that_no_page_can_be_at_is_refused(
    bare_environment: pytest.MonkeyPatch, url: str
) -> None:
    with pytest.raises(SettingsError, match=r"^HANDRAIL_PUBLIC_URL: "):
        read(bare_environment, HANDRAIL_PUBLIC_URL=url)


@pytest.mark.parametrize("headers", ["*", "X-A: b", "X-A,,X-B", "X-Ä", "X A"])
def test_what_is_no_header_s_name_is_refused(
    bare_environment: pytest.MonkeyPatch, headers: str
) -> None:
    with pytest.raises(SettingsError, match=r"^HANDRAIL_ALLOWED_HEADERS: "):
        read(bare_environment, HANDRAIL_ALLOWED_HEADERS=headers)


@pytest.mark.parametrize("value", ["true", "false"])
def test_a_renamed_setting_is_still_read_under_its_old_name(
    bare_environment: pytest.MonkeyPatch, value: str
) -> None:
    settings = read(bare_environment, HANDRAIL_AUTH_NONE_IS_FINE=value)
    assert settings.allow_unauthenticated is (value == "true")


@pytest.mark.parametrize("name", ["HANDRAIL_AUTH_NONE_IS_FINE", "handrail_auth_none_is_fine"])
def test_an_old_name_in_use_is_logged_with_the_new_one(name: str) -> None:
    with structlog.testing.capture_logs() as lines:
        warn_of_old_names({name: "true"})
    assert lines == [
        {
            "event": "setting renamed",
            "log_level": "warning",
            "old": "HANDRAIL_AUTH_NONE_IS_FINE",
            "use": "HANDRAIL_ALLOW_UNAUTHENTICATED",
        }
    ]


def test_new_names_are_not_logged(bare_environment: pytest.MonkeyPatch) -> None:
    bare_environment.setenv("HANDRAIL_ALLOW_UNAUTHENTICATED", "true")
    with structlog.testing.capture_logs() as lines:
        warn_of_old_names()
    assert lines == []


def test_both_names_may_say_the_same(bare_environment: pytest.MonkeyPatch) -> None:
    both = {"HANDRAIL_AUTH_NONE_IS_FINE": "true", "HANDRAIL_ALLOW_UNAUTHENTICATED": "true"}
    assert read(bare_environment, **both).allow_unauthenticated


def test_names_that_say_different_things_are_refused(bare_environment: pytest.MonkeyPatch) -> None:
    both = {"HANDRAIL_AUTH_NONE_IS_FINE": "true", "HANDRAIL_ALLOW_UNAUTHENTICATED": "false"}
    with pytest.raises(SettingsError, match=r"^HANDRAIL_AUTH_NONE_IS_FINE: .*ALLOW_UNAUTHEN"):
        read(bare_environment, **both)


def test_an_old_names_value_that_cant_be_used_is_named(
    bare_environment: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(SettingsError, match=r"^HANDRAIL_ALLOW_UNAUTHENTICATED: "):
        read(bare_environment, HANDRAIL_AUTH_NONE_IS_FINE="perhaps")


def test_renamed_settings_exist_under_their_new_names_alone() -> None:
    assert set(RENAMED.values()) <= Settings.model_fields.keys()
    assert not RENAMED.keys() & Settings.model_fields.keys()


def test_step_functions_local_s_variable_names_the_mocks_too(
    bare_environment: pytest.MonkeyPatch,
) -> None:
    assert read(bare_environment, SFN_MOCK_CONFIG="theirs.json").mocks == Path("theirs.json")
    both = {"SFN_MOCK_CONFIG": "theirs.json", "HANDRAIL_MOCKS": "ours.json"}
    assert read(bare_environment, **both).mocks == Path("ours.json")


def test_an_address_of_the_bus_that_cant_be_used_is_refused_without_its_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HANDRAIL_BUS_URL", "redis://app:s3cret@bus/one")
    with pytest.raises(SettingsError, match=r"^HANDRAIL_BUS_URL: names its database") as refused:
        Settings.read()
    assert "s3cret" not in str(refused.value)
    monkeypatch.setenv("HANDRAIL_BUS_URL", "redis://app:s3cret@bus/1")
    assert "s3cret" not in repr(Settings.read())
