"""The Python behind a template's Lambda functions."""

from pathlib import Path
from typing import Any

import pytest

from handrail.usecases.machine_sources.stack_functions import FoundFunction, found_function
from handrail.usecases.machine_sources.stack_resources import Resource
from handrail.usecases.machine_sources.stack_values import StackValues


def found(folder: Path, **properties: Any) -> FoundFunction:
    given = {"Runtime": "python3.12", "Handler": "app.handle", **properties}
    layer = Resource("Shared", "AWS::Serverless::LayerVersion", {"ContentUri": "layer/"})
    values = StackValues("stack", {}, {}, {}, {"Shared": layer})
    return found_function(Resource("Fn", "AWS::Serverless::Function", given), values, folder)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for file in ("app.py", "src/app.py", "src/pkg/app.py", "asset.abc/app.py"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()
    (tmp_path / "deploy").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("properties", "handler"),
    [
        ({}, "app.py:handle"),
        ({"CodeUri": "./src/"}, "src/app.py:handle"),
        ({"CodeUri": "src", "Handler": "pkg.app.handle"}, "src/pkg/app.py:handle"),
        ({"Handler": "src/pkg/app.handle"}, "src/pkg/app.py:handle"),
        ({"Code": "src"}, "src/app.py:handle"),
        ({"Code": {"S3Bucket": "cdk", "S3Key": "abc.zip"}}, "asset.abc/app.py:handle"),
    ],
)
def test_the_file_is_found_from_the_template_s_folder(
    folder: Path, properties: dict[str, Any], handler: str
) -> None:
    assert found(folder, **properties).handler == handler


def test_a_folder_above_is_named_from_the_template_s(folder: Path) -> None:
    assert found(folder / "deploy", CodeUri="../src").handler == "../src/app.py:handle"


@pytest.mark.parametrize(
    ("properties", "reason"),
    [
        ({"Runtime": "java21"}, "it runs on java21, not on Python"),
        ({"Runtime": None, "PackageType": "Image"}, "it runs on an image, not on Python"),
        ({"CodeUri": "gone"}, "there is no gone/app.py"),
        ({"CodeUri": "s3://bucket/key"}, "its code is in a bucket"),
        ({"Code": {"S3Bucket": "b", "S3Key": "k.zip"}}, "its code is in a bucket"),
        ({"CodeUri": {"Ref": "Gone"}}, "Gone is no parameter and no resource of the template."),
    ],
)
def test_what_cannot_run_here_says_why(
    folder: Path, properties: dict[str, Any], reason: str
) -> None:
    function = found(folder, **properties)
    assert (function.name, function.handler, function.reason) == ("Fn", None, reason)


def test_variables_that_cannot_be_decided_are_left_out(folder: Path) -> None:
    variables = {"LEVEL": "info", "COUNT": 3, "KEY": {"Ref": "Gone"}}
    function = found(folder, Environment={"Variables": variables})
    assert function.details.environment == {"LEVEL": "info", "COUNT": "3"}


def test_layers_that_are_here_are_where_modules_are_looked_for(folder: Path) -> None:
    (folder / "layer" / "python").mkdir(parents=True)
    layers = [{"Ref": "Shared"}, "arn:aws:lambda:eu-west-1:1:layer:theirs:1", {"Ref": "Gone"}]
    assert found(folder, Layers=layers).details.layers == (
        folder / "layer" / "python",
        folder / "layer",
    )
