"""`handrail deploy` before it asks AWS."""

from pathlib import Path

import pytest

from service.core.errors import InvalidDefinition
from service.entrypoints.deploy import deploy_folders
from service.settings import Settings


async def test_a_file_is_no_folder_of_state_machines(tmp_path: Path) -> None:
    file = tmp_path / "state_machines"
    file.touch()
    settings = Settings(state_machines_dir=file)
    with pytest.raises(InvalidDefinition):
        await deploy_folders(settings, only=(), role_arn=None, dry_run=True, as_json=False)
