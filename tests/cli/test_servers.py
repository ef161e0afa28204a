"""`handrail dev`, `serve` and `deploy`: what they refuse, and what they don't load."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from handrail.cli import main

from .commands import imported


@pytest.mark.parametrize(
    ("args", "module"),
    [
        (["worker", "nowhere:worker"], "handrail.entrypoints.worker"),
        (["deploy"], "handrail.entrypoints.deploy"),
    ],
)
def test_worker_and_deploy_load_no_server(
    args: list[str], module: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HANDRAIL_STATE_MACHINES_DIR", str(tmp_path / "nowhere"))
    modules = imported(
        "import click, contextlib\n"
        "from handrail.cli import main\n"
        "with contextlib.suppress(click.ClickException):\n"
        f"    main({args}, standalone_mode=False)"
    )
    assert module in modules
    assert modules.isdisjoint({"quart", "hypercorn", "handrail.usecases.live", "handrail.auth"})


@pytest.mark.parametrize("command", ["serve", "dev"])
def test_nobody_is_served_beyond_loopback_without_being_asked(command: str) -> None:
    result = CliRunner().invoke(
        main,
        [command, "--host", "0.0.0.0"],  # noqa: S104
        env={"HANDRAIL_AUTH": None},
    )
    assert result.exit_code == 2
    assert result.stderr.startswith("Error: HANDRAIL_AUTH: ")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("args", "missing"),
    [
        (["--alias", "live"], "--alias needs --publish"),
        (["--publish", "--weight", "10"], "--weight needs --alias"),
        (["--publish", "--alias", "7"], "--alias: up to 80 letters"),
        (["--publish", "--alias", "a b"], "--alias: up to 80 letters"),
        (["--publish", "--alias", "live", "--weight", "0"], "1<=x<=100"),
        (["--publish", "--alias", "live", "--weight", "101"], "1<=x<=100"),
    ],
)
def test_a_release_needs_all_that_it_says(args: list[str], missing: str) -> None:
    result = CliRunner().invoke(main, ["deploy", *args])
    assert result.exit_code == 2
    assert missing in result.stderr
