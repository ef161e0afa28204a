"""`handrail api-key`: what it prints is what the service takes."""

import json

import pytest
from click.testing import CliRunner

from handrail.auth.api_keys import ApiKeys, read_inline
from handrail.cli import main
from handrail.core.access.principals import AccessScope
from tests.fakes import FakeClock


def made(*args: str) -> tuple[str, str]:
    """The key and its line."""
    result = CliRunner().invoke(main, ["api-key", *args])
    assert result.exit_code == 0
    key, line = result.stdout.splitlines()
    return key, line


def test_the_line_makes_the_key_known_and_doesnt_hold_it() -> None:
    key, line = made("ci", "--scope", "read", "--scope", "start:order-*", "--machine", "o*")
    assert key not in line
    who = ApiKeys(read_inline(line), FakeClock()).principal_of(key)
    assert who is not None
    assert (who.name, who.machines, who.expires_at) == ("ci", ("o*",), None)
    assert who.may(AccessScope.READ, "other")
    assert not who.may(AccessScope.START, "other")


def test_without_options_a_key_may_do_everything() -> None:
    key, line = made("admin")
    who = ApiKeys(read_inline(line), FakeClock()).principal_of(key)
    assert who is not None
    assert all(who.may_everywhere(scope) for scope in AccessScope)


def test_each_key_is_another_and_may_end() -> None:
    assert made("ci")[0] != made("ci")[0]
    assert json.loads(made("ci", "--days", "3")[1])["expires_at"].endswith("Z")


def test_a_pipe_gets_one_object() -> None:
    result = CliRunner().invoke(main, ["api-key", "ci", "--json"])
    shown = json.loads(result.stdout)
    assert ApiKeys(read_inline(json.dumps(shown["entry"])), FakeClock()).principal_of(shown["key"])


@pytest.mark.parametrize(
    "args", [[""], ["x" * 129], ["ci", "--scope", "admin"], ["ci", "--machine", ""], []]
)
def test_what_the_service_wouldnt_take_is_refused(args: list[str]) -> None:
    result = CliRunner().invoke(main, ["api-key", *args])
    assert (result.exit_code, result.stdout) == (2, "")
