"""What the run book has people type exists: commands of ours, operations of AWS, their options."""

import re
import shlex

import botocore.session
import click
import pytest
from botocore import xform_name

from handrail.cli import main
from tests.deploy.templates import NAMES, ROOT, deployed, load

TEXT = (ROOT / "docs/run-book.md").read_text(encoding="utf-8").replace("\\\n", " ")
OF_THE_COMMAND_LINE = {"cloudformation package", "cloudformation deploy", "logs tail"}
"""Made by AWS's command line itself; no operation of a service has their name."""

OF_EVERY_COMMAND = {"query", "output", "max-items"}
WITHOUT_A_BUCKET = 51_200
"""https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html"""

SAID = {"call failed"}
"""By our log, not to AWS."""

AWS = sorted({found.strip() for found in re.findall(r"\baws ([a-z][^`\n|)]*)", TEXT)} - SAID)
DEPLOYMENTS = re.findall(r"deploy --template-file (?:deploy|build)/([\w-]+)\.yaml (.*)", TEXT)
OURS = sorted(
    {
        found.rstrip(" &")
        for found in re.findall(r"(?:`|^|=\$KEY )handrail ([a-z][^`\n]*)", TEXT, re.MULTILINE)
        if not found.startswith("serve")
    }
)


def test_there_are_commands() -> None:
    assert len(AWS) > 15
    assert len(OURS) > 6


@pytest.mark.parametrize("command", AWS)
def test_a_command_of_aws_is_an_operation_with_these_options(command: str) -> None:
    service, operation, *_ = command.split()
    if f"{service} {operation}" in OF_THE_COMMAND_LINE:
        return

    model = botocore.session.get_session().get_service_model(service)

    operations = {xform_name(name, "-"): name for name in model.operation_names}
    assert operation in operations
    shape = model.operation_model(operations[operation]).input_shape
    assert shape is not None
    options = set(re.findall(r" --([a-z][a-z-]*)", command)) - OF_EVERY_COMMAND
    assert options <= {xform_name(name, "-") for name in shape.members}
    assert options >= {xform_name(name, "-") for name in shape.required_members}


@pytest.mark.parametrize(("name", "options"), DEPLOYMENTS, ids=[name for name, _ in DEPLOYMENTS])
def test_a_template_is_given_what_it_needs_and_nothing_it_does_not_know(
    name: str, options: str
) -> None:
    parameters = load(name)["Parameters"]
    outputs = {output for each in NAMES for output in deployed(each).outputs}
    taken = {
        output
        for several, one in re.findall(r'\$\(outputs \S+ (?:"([^"]+)"|(\w+))\)', options)
        for output in (several or one).split()
    }

    given = taken | set(re.findall(r"(\w+)=", options))

    size = (ROOT / f"deploy/{name}.yaml").stat().st_size
    assert size <= WITHOUT_A_BUCKET or "--s3-bucket" in options
    assert taken <= outputs
    assert given <= parameters.keys()
    assert given >= {name for name, about in parameters.items() if "Default" not in about}


def test_what_both_ways_of_running_need_is_deployed() -> None:
    ways = {"state-machines", "push", "container", "serverless", "events", "alarms"}
    ways |= {"callbacks", "destination"}

    assert {name for name, _ in DEPLOYMENTS} >= ways


@pytest.mark.parametrize("command", OURS)
def test_a_command_of_ours_takes_these_options(command: str) -> None:
    name, *arguments = shlex.split(command.replace("…", "X"))
    context = click.Context(main)
    found = main.get_command(context, name)

    assert found is not None
    found.make_parser(click.Context(found)).parse_args(arguments)  # raises at what it hasn't
