"""API keys: known by their hashes alone."""

import hmac
import json
from datetime import timedelta
from typing import Any

import pytest

from handrail.auth import api_keys
from handrail.auth.api_keys import (
    ApiKey,
    ApiKeyError,
    ApiKeys,
    digest_of,
    new_key,
    read_file,
    read_inline,
)
from handrail.core.access.principals import AccessScope, Grant
from handrail.core.errors import CredentialExpired
from handrail.core.models import rfc3339
from tests.fakes import BEGIN, FakeClock


def entry(key: str, name: str = "ci", **members: Any) -> dict[str, Any]:
    return {"name": name, "sha256": digest_of(key).hex(), "scopes": ["read"], **members}


def known(*entries: dict[str, Any], clock: FakeClock | None = None) -> ApiKeys:
    return ApiKeys([ApiKey.model_validate(e) for e in entries], clock or FakeClock())


def test_a_key_tells_its_principal() -> None:
    keys = known(entry("k", scopes=["read", "start:a-*"], machines=["o*"]))
    found = keys.principal_of("k")
    assert found is not None
    assert (found.name, found.machines) == ("ci", ("o*",))
    assert found.grants == (Grant(AccessScope.READ), Grant(AccessScope.START, "a-*"))


@pytest.mark.parametrize("text", ["", "K", "k ", "other", "\ud800"])
def test_another_text_is_nobodys_key(text: str) -> None:
    assert known(entry("k")).principal_of(text) is None


def test_the_hash_isnt_the_key() -> None:
    assert known(entry("k")).principal_of(digest_of("k").hex()) is None


def test_two_keys_of_one_name_are_both_good() -> None:
    keys = known(entry("old"), entry("new"))
    for key in ("old", "new"):
        found = keys.principal_of(key)
        assert found is not None
        assert found.name == "ci"


async def test_a_key_is_good_until_it_expires() -> None:
    clock = FakeClock()
    ends_at = BEGIN + timedelta(seconds=10)
    keys = known(entry("k", expires_at=rfc3339(ends_at)), clock=clock)
    await clock.advance(9.9)
    found = keys.principal_of("k")
    assert found is not None
    assert found.expires_at == ends_at
    await clock.advance(0.1)
    with pytest.raises(CredentialExpired):
        keys.principal_of("k")


def test_every_entry_is_compared_whichever_matches(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one patch: how long a comparison takes can't be told reliably, how many there are can."""
    compared: list[bytes] = []

    def counting(a: bytes, b: bytes) -> bool:
        compared.append(a)
        return hmac.compare_digest(a, b)

    class Counting:
        compare_digest = staticmethod(counting)

    monkeypatch.setattr(api_keys, "hmac", Counting)
    keys = known(entry("a"), entry("b"), entry("c"))
    for text in ("a", "c", "none"):
        compared.clear()
        keys.principal_of(text)
        assert compared == [digest_of(key) for key in "abc"]


def test_fresh_keys_differ_and_are_long() -> None:
    made = {new_key() for _ in range(100)}
    assert len(made) == 100
    assert all(key.startswith("hr_") and len(key) == 46 for key in made)


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(entry("k")),
        json.dumps([entry("k")]),
        f"\n{json.dumps(entry('k'))}\n\n",
    ],
)
def test_keys_are_read_from_lines_or_an_array(text: str) -> None:
    assert [key.name for key in read_inline(text)] == ["ci"]


def test_several_lines_are_several_keys() -> None:
    lines = "\n".join(json.dumps(entry(key, key)) for key in ("a", "b"))
    assert [key.name for key in read_inline(lines)] == ["a", "b"]
    assert [key.name for key in read_file("keys.jsonl", lines)] == ["a", "b"]


def test_no_text_is_no_key() -> None:
    assert read_inline(" \n") == []


def test_a_file_is_json_or_toml() -> None:
    toml = f'[[api_keys]]\nname = "ci"\nsha256 = "{digest_of("k").hex()}"\nscopes = ["read"]\n'
    toml += "expires_at = 2026-01-02T03:04:05Z\n"
    (key,) = read_file("keys.toml", toml)
    assert (key.name, key.expires_at) == ("ci", BEGIN.replace(day=2, hour=3, minute=4, second=5))
    assert [key.name for key in read_file("k.json", json.dumps({"api_keys": [entry("k")]}))] == [
        "ci"
    ]
    assert [key.name for key in read_file("k.json", json.dumps([entry("k")], indent=1))] == ["ci"]


@pytest.mark.parametrize(
    "broken",
    [
        "hr_secret",
        "[1]",
        '{"name": "a", "sha256": "hr_secret", "scopes": ["read"]}',
        json.dumps(entry("k") | {"scopes": []}),
        json.dumps(entry("k") | {"machines": []}),
        json.dumps(entry("k") | {"expires_at": "2026-01-01T00:00:00"}),
        json.dumps(entry("k") | {"key": "hr_secret"}),
    ],
)
def test_what_isnt_an_entry_is_told_without_its_values(broken: str) -> None:
    with pytest.raises(ApiKeyError) as caught:
        read_inline(broken)
    assert "hr_secret" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_wrong_scope_and_a_key_given_twice_are_refused() -> None:
    with pytest.raises(ApiKeyError, match="ci: A scope is"):
        known(entry("k", scopes=["all"]))
    with pytest.raises(ApiKeyError, match="twice"):
        known(entry("k", "one"), entry("k", "two"))


def test_broken_toml_is_told() -> None:
    with pytest.raises(ApiKeyError, match="not TOML"):
        read_file("keys.toml", "name = hr_secret")
