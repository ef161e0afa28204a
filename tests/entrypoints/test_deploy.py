"""`handrail deploy`: what it refuses before it asks AWS, and what it tells."""

import json
from pathlib import Path

import pytest

from handrail.core.errors import InvalidDefinition
from handrail.engine.engine import Engine
from handrail.entrypoints.deploy import deploy_folders
from handrail.settings import Settings
from handrail.usecases.releases import Release
from tests.engine.engine_fixture import PASS, ROLE_ARN
from tests.environment import made_up


async def test_a_file_that_describes_nothing_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "state_machines"
    file.touch()
    settings = Settings(state_machines_dir=file)
    with pytest.raises(InvalidDefinition):
        await deploy_folders(settings, only=(), role_arn=None, dry_run=True, as_json=False)


@pytest.mark.asyncio(loop_scope="session")
async def test_a_release_is_told_line_by_line(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_up(monkeypatch, tmp_path, "AWS_")
    monkeypatch.setenv("AWS_ENDPOINT_URL", engine.endpoint_url)
    folder = tmp_path / "state_machines" / "told"
    folder.mkdir(parents=True)
    (folder / "machine.json").write_text(json.dumps({"name": "told", "role_arn": ROLE_ARN}))
    settings = Settings(state_machines_dir=folder.parent)

    async def lines(comment: str, weight: int, *, dry_run: bool, as_json: bool) -> list[str]:
        definition = {**PASS, "Comment": comment}
        (folder / "definition.asl.json").write_text(json.dumps(definition))
        report = await deploy_folders(
            settings,
            only=(),
            role_arn=None,
            dry_run=dry_run,
            as_json=as_json,
            release=Release("live", weight),
        )
        assert report.refused == []
        return report.deployed

    assert await lines("a", 10, dry_run=True, as_json=False) == [
        "told: would be created",
        "told:(new): would be created",
        "told:live: would be created (version (new): 100 %)",
    ]
    assert await lines("a", 100, dry_run=False, as_json=False) == [
        "told: created",
        "told:1: created",
        "told:live: created (version 1: 100 %)",
    ]
    assert await lines("b", 10, dry_run=True, as_json=False) == [
        "told: would be updated",
        "told:(new): would be created",
        "told:live: would be updated (version (new): 10 %, version 1: 90 %)",
    ]
    told = [json.loads(line) for line in await lines("b", 10, dry_run=False, as_json=True)]
    assert [(each["name"], each["action"]) for each in told] == [
        ("told", "updated"),
        ("told:2", "created"),
        ("told:live", "updated"),
    ]
    routes = [{"version": "2", "weight": 10}, {"version": "1", "weight": 90}]
    assert [each.get("routes") for each in told] == [None, None, routes]
    assert await lines("b", 10, dry_run=False, as_json=False) == [
        "told: unchanged",
        "told:2: unchanged",
        "told:live: unchanged (version 2: 10 %, version 1: 90 %)",
    ]


@pytest.mark.asyncio(loop_scope="session")
async def test_what_a_stack_deploys_is_left_to_it(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_up(monkeypatch, tmp_path, "AWS_")
    monkeypatch.setenv("AWS_ENDPOINT_URL", engine.endpoint_url)
    machine = {"Type": "AWS::Serverless::StateMachine", "Properties": {"Definition": PASS}}
    (file := tmp_path / "template.json").write_text(json.dumps({"Resources": {"M": machine}}))
    settings = Settings(state_machines_dir=file)
    report = await deploy_folders(settings, only=(), role_arn=None, dry_run=True, as_json=False)
    assert report.deployed == []
    assert report.refused == [f"{file}: Its own stack deploys it (sam, cdk, serverless)."]
    (file := tmp_path / "loose.asl.json").write_text(json.dumps({**PASS, "Comment": "${Unknown}"}))
    settings = Settings(state_machines_dir=file)
    report = await deploy_folders(settings, only=(), role_arn=None, dry_run=True, as_json=False)
    assert report.refused == [f"{file}: No value is known for ${{Unknown}}."]
