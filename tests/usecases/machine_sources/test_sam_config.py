"""The parameters of samconfig.toml."""

import json
from pathlib import Path

import pytest

from handrail.core.errors import InvalidDefinition
from handrail.usecases.machine_sources import load
from handrail.usecases.machine_sources.sam_config import given_parameters


@pytest.mark.parametrize(
    "written",
    ['"Stage=\\"prod\\" Mail=a@b"', '["Stage=prod", "Mail=a@b"]', "\"Stage=prod Mail='a@b' odd\""],
)
def test_they_are_given_in_a_text_or_a_list(tmp_path: Path, written: str) -> None:
    file = tmp_path / "samconfig.toml"
    file.write_text(
        f"version = 0.1\n[default.deploy.parameters]\nparameter_overrides = {written}\n"
    )
    assert given_parameters(file) == {"Stage": "prod", "Mail": "a@b"}


def test_those_of_deploying_go_before_those_of_all_commands(tmp_path: Path) -> None:
    (file := tmp_path / "samconfig.toml").write_text(
        '[default.global.parameters]\nparameter_overrides = "A=1 B=2"\n'
        '[default.deploy.parameters]\nparameter_overrides = "B=3"\n[prod.deploy.parameters]\n'
    )
    assert given_parameters(file) == {"A": "1", "B": "3"}
    assert given_parameters(tmp_path / "gone.toml") == {}


def test_a_template_beside_it_has_them_in_place_of_its_defaults(tmp_path: Path) -> None:
    properties = {"Name": {"Ref": "Name"}, "Definition": {"StartAt": "A", "States": {}}}
    machine = {"Type": "AWS::Serverless::StateMachine", "Properties": properties}
    parameters = {"Name": {"Type": "String", "Default": "usual"}}
    template = {"Parameters": parameters, "Resources": {"M": machine}}
    (tmp_path / "template.json").write_text(json.dumps(template))
    file = tmp_path / "samconfig.toml"
    file.write_text('[default.deploy.parameters]\nparameter_overrides = "Name=mine"\n')
    [found] = load(tmp_path)
    assert (found.file.name, found.notes) == ("mine", ())
    file.write_text("[default")
    with pytest.raises(InvalidDefinition, match=r"samconfig\.toml: can't be read"):
        load(tmp_path)
