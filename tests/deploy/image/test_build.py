"""Which builder is taken, and what it is told."""

from pathlib import Path

import pytest

from deploy.image.build import Build, BuildError, builder
from handrail import __version__


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on the PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def install(tools: Path, name: str, *, exit_code: int = 0) -> None:
    (tools / name).write_text(f"#!/bin/sh\nexit {exit_code}\n")
    (tools / name).chmod(0o755)


def test_docker_is_taken_where_its_daemon_answers(tools: Path) -> None:
    install(tools, "docker")
    install(tools, "buildah")
    assert builder() == ["docker", "build"]


def test_buildah_is_taken_where_no_daemon_answers_and_keeps_the_healthcheck(tools: Path) -> None:
    install(tools, "docker", exit_code=1)
    install(tools, "buildah")
    assert builder() == ["buildah", "build", "--format", "docker"]


def test_with_neither_it_says_so(tools: Path) -> None:
    with pytest.raises(BuildError, match="docker with a running daemon, or buildah"):
        builder()


def test_the_base_image_is_the_dockerfile_s_unless_another_is_named(tmp_path: Path) -> None:
    assert not any("BASE_IMAGE" in option for option in Build().options(tmp_path))
    assert "BASE_IMAGE=debian:12" in Build(base_image="debian:12").options(tmp_path)


def test_the_version_and_the_commit_go_into_the_labels(tmp_path: Path) -> None:
    options = Build(tag="shop/handrail:7").options(tmp_path)
    assert f"VERSION={__version__}" in options
    assert any(option.startswith("REVISION=") for option in options)
    assert options[-3:] == ["--tag", "shop/handrail:7", "."]
