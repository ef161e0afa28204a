"""What AWS refuses in a template though a linter lets it pass."""

import pytest

from tests.deploy.templates import NAMES, load


def test_the_stage_of_sockets_waits_for_the_role_that_its_access_logs_need() -> None:
    stage = load("serverless")["Resources"]["SocketStage"]

    assert "AccessLogSettings" in stage["Properties"]
    assert stage["Metadata"]["LogRole"] == {
        "Fn::If": ["SetsLogRole", {"Ref": "ApiGatewayAccount"}, ""]
    }


@pytest.mark.parametrize("name", NAMES)
def test_descriptions_are_ascii_which_consoles_and_command_lines_show_everywhere(
    name: str,
) -> None:
    template = load(name)
    described = [template, *template["Parameters"].values()]

    assert [each for each in described if not each.get("Description", "").isascii()] == []
