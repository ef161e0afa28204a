import pytest

from handrail.cli.credential import token

from .commands import handrail


@pytest.mark.parametrize(
    ("set_to", "read"),
    [("key", "key"), ("key\r\n", "key"), (" key ", "key"), ("", None), ("\n", None)],
)
def test_blanks_around_it_are_no_part_of_it(
    set_to: str, read: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HANDRAIL_TOKEN", set_to)
    assert token() == read


def test_it_may_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HANDRAIL_TOKEN", raising=False)
    assert token() is None


@pytest.mark.parametrize("secret", ["se\ncret", "sécret", "se\x1bcret"])
async def test_what_no_header_can_hold_is_refused_and_not_shown(secret: str) -> None:
    result = await handrail("list", token=secret)
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "cret" not in result.output
