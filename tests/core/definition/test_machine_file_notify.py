"""Who is told what, by a machine.json and the definition beside it."""

import json
from traceback import format_exception

import pytest

from handrail.core.definition.machine_file import MachineFile, RenderedMachine, rendered
from handrail.core.errors import InvalidDefinition
from handrail.core.models import Account, Json
from handrail.core.news.targets import TopicTarget

ACCOUNT = Account("aws", "eu-west-1", "123456789012")
TEMPLATE = '{"StartAt": "Ship", "States": {"Ship": {"Type": "Pass", "End": true}}}'
TOPIC = {"on": ["state:Ship.failed"], "url": "sns:arn:aws:sns:${REGION}:${ACCOUNT_ID}:${Topic}"}


def parse(*notify: Json, **others: Json) -> MachineFile:
    values = {"Topic": "news-${ENVIRONMENT}"}
    given = {"name": "m", "substitutions": values, "notify": [*notify], **others}
    return MachineFile.parse(json.dumps(given))


def render(file: MachineFile) -> RenderedMachine:
    return rendered(file, TEMPLATE, account=ACCOUNT, environment="dev")


def test_entries_are_filled_in() -> None:
    [entry] = render(parse(TOPIC)).notify
    assert entry.target({}) == TopicTarget("arn:aws:sns:eu-west-1:123456789012:news-dev")
    assert render(parse()).notify == ()


@pytest.mark.parametrize(
    ("on", "fault"),
    [
        (["failed", "state:Shipp.failed"], "notify[1].on[1]: Shipp is no state's name"),
        (["state:Ship.waiting"], "notify[1].on[0]: Ship waits for no callback and no activity"),
    ],
)
def test_what_no_execution_has_is_refused_with_its_place(on: list[str], fault: str) -> None:
    with pytest.raises(InvalidDefinition) as refused:
        render(parse(TOPIC, TOPIC | {"on": on}))
    assert [f"{error.path}: {error.message}" for error in refused.value.errors] == [fault]


def test_an_express_machine_has_no_news() -> None:
    with pytest.raises(InvalidDefinition, match="no news is told of Express executions"):
        render(parse(TOPIC, type="EXPRESS"))


def test_a_mistake_in_the_file_quotes_no_secret() -> None:
    token = "T0K" + "EN"
    with pytest.raises(
        InvalidDefinition, match=r"notify\[0\]\.secret: must read whsec_"
    ) as refused:
        parse({"on": ["failed"], "url": f"https://h.example/{token}", "secret": f"whsec_{token}"})
    assert token not in "".join(format_exception(refused.value))
