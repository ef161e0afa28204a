"""The settings of signed links and webhooks: what can't be used is said, secrets never are."""

import pytest

from handrail.core.errors import SettingsError
from handrail.settings import Settings, variable_of

SECRET = "0123456789abcdef" * 2
WEBHOOK = "whsec_" + "A" * 32


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """No setting but what the test sets."""
    for field in Settings.model_fields:
        monkeypatch.delenv(variable_of(field), raising=False)
    return monkeypatch


def test_without_keys_there_is_an_empty_ring() -> None:
    settings = Settings.read()
    assert not settings.keyring
    assert settings.webhook_keys == ()
    assert not settings.offer_links


def test_keys_and_secrets_are_read(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("HANDRAIL_LINK_KEYS", f"a:{SECRET}, b:{SECRET}")
    environment.setenv("HANDRAIL_WEBHOOK_SECRETS", WEBHOOK)
    settings = Settings.read()
    assert settings.keyring
    assert settings.webhook_keys == (WEBHOOK,)


@pytest.mark.parametrize(
    "variable", ["HANDRAIL_LINK_KEYS", "HANDRAIL_WEBHOOK_SECRETS", "HANDRAIL_PUBLIC_URL"]
)
def test_a_blank_one_is_not_set(environment: pytest.MonkeyPatch, variable: str) -> None:
    environment.setenv(variable, " ")
    assert Settings.read() == Settings()


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("HANDRAIL_LINK_KEYS", "a:tooshort", "the secret of key a needs at least 32 characters"),
        ("HANDRAIL_LINK_KEYS", SECRET, "key 1 must read id:secret"),
        ("HANDRAIL_LINK_KEYS", f"a:{SECRET},a:{SECRET}", "the key id a stands there twice"),
        ("HANDRAIL_WEBHOOK_SECRETS", f"{WEBHOOK},{SECRET}", "secret 2 must read whsec_"),
        ("HANDRAIL_PUBLIC_URL", "h.example", "pattern"),
        ("HANDRAIL_OFFER_LINKS", "true", "needs HANDRAIL_LINK_KEYS"),
        ("HANDRAIL_LINK_TTL_S", "1", "greater than or equal to 60"),
    ],
)
def test_what_cant_be_used_is_one_line_without_the_secret(
    environment: pytest.MonkeyPatch, variable: str, value: str, said: str
) -> None:
    environment.setenv(variable, value)
    with pytest.raises(SettingsError) as caught:
        Settings.read()
    line = str(caught.value)
    assert line.startswith(f"{variable}: ")
    assert said in line
    assert "\n" not in line
    for secret in (SECRET, "tooshort", WEBHOOK):
        assert secret not in line


def test_secrets_are_not_shown_with_the_settings(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("HANDRAIL_LINK_KEYS", f"a:{SECRET}")
    environment.setenv("HANDRAIL_WEBHOOK_SECRETS", WEBHOOK)
    assert SECRET not in repr(Settings.read())
    assert WEBHOOK not in repr(Settings.read())
