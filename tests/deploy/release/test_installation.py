"""How an installed wheel's programs are run, by ones of the tests' own."""

import re
from pathlib import Path

import pytest

from deploy.release.distributions import ReleaseError
from deploy.release.installation import Installation, environment


@pytest.fixture
def installed(tmp_path: Path) -> Installation:
    return Installation(tmp_path, tmp_path)


def program(installed: Installation, text: str) -> None:
    path = installed.programs / "handrail"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def test_nothing_that_leads_to_the_project_is_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PYTHONPATH", "HANDRAIL_AUTH", "AWS_PROFILE", "VIRTUAL_ENV"):
        monkeypatch.setenv(name, "x")
    given = environment(HANDRAIL_URL="y")
    assert {name for name, text in given.items() if text == "x"} == set()
    assert given["HANDRAIL_URL"] == "y"


def test_a_command_that_fails_says_what_it_said(installed: Installation) -> None:
    program(installed, "echo no such machine >&2; exit 1")
    with pytest.raises(ReleaseError, match=r"handrail start x: 1\n(.|\n)*no such machine"):
        installed.handrail("start", "x")


def test_one_that_runs_is_there_once_it_says_so_and_ends_by_sigterm(
    installed: Installation,
) -> None:
    program(installed, "trap 'exit 0' TERM; echo serves me; while :; do sleep 0.01; done")
    with installed.running("dev", until=re.compile("serves")) as said:
        assert said == "serves me\n"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("echo sorry; exit 2", "It said no serves: sorry"),
        (
            "trap 'exit 7' TERM; echo serves; while :; do sleep 0.01; done",
            "handrail dev ended with 7",
        ),
    ],
)
def test_one_that_ends_otherwise_fails(installed: Installation, text: str, why: str) -> None:
    program(installed, text)
    with (
        pytest.raises(ReleaseError, match=why),
        installed.running("dev", until=re.compile("serves")),
    ):
        pass
