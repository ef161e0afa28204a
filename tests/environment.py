"""An environment of the tests' own, so that nothing of the machine's set-up shows through; and what
the settings say of themselves."""

import ast
import inspect
import os
import pickle
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from handrail.settings import Settings
from handrail.settings.access import AccessSettings
from handrail.settings.news_settings import NewsSettings


def made_up(monkeypatch: pytest.MonkeyPatch, folder: Path, *prefixes: str) -> pytest.MonkeyPatch:
    """A made-up key in us-east-1, no AWS file or metadata service, and no variable that begins
    with one of the prefixes."""
    for name in [name for name in os.environ if name.startswith(prefixes)]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(folder / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(folder / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "made-up")
    return monkeypatch


def settings_of(**values: Any) -> Settings:
    """As `Settings` reads them, which takes longer than most tests: once for the same values in
    the same environment."""
    around = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "PYTEST_"))}
    return _settings(frozenset(around.items()), pickle.dumps(values))


@cache
def _settings(_: frozenset[tuple[str, str]], values: bytes) -> Settings:
    return Settings(**pickle.loads(values))  # noqa: S301 ours, from above


def setting_descriptions() -> dict[str, str]:
    """Reads the docstring below each setting, by its name."""
    found = {}
    for settings in (AccessSettings, NewsSettings, Settings):
        [declared] = ast.parse(inspect.getsource(settings)).body
        assert isinstance(declared, ast.ClassDef)
        for setting, below in pairwise(declared.body):
            match setting, below:
                case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=x)):
                    found[name] = " ".join(str(x).split())
    return found
