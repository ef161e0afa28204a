"""A machine.json and its definition, filled in for one account, region and environment."""

import json

import pytest

from handrail.core.definition.machine_file import MachineFile, RenderedMachine, rendered
from handrail.core.errors import InvalidDefinition, InvalidName
from handrail.core.models import Account, Json, MachineType

ACCOUNT = Account("aws", "eu-west-1", "123456789012")
FULL: dict[str, Json] = {
    "name": "orchestration-${ENVIRONMENT}",
    "type": "Standard",
    "description": "Orders in ${ENVIRONMENT}",
    "input_schema": {"type": "object"},
    "substitutions": {"ChargeArn": "arn:aws:lambda:${REGION}:${ACCOUNT_ID}:function:charge-card"},
    "role_arn": "arn:aws:iam::${ACCOUNT_ID}:role/orders",
    "handlers": {"charge-card": "handlers.py:charge_card"},
    "queues": ["order-approvals"],
}
TEMPLATE = '{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "${ChargeArn}"}}}'


def parse(**changes: Json) -> MachineFile:
    return MachineFile.parse(json.dumps({**FULL, **changes}))


def render(file: MachineFile, template: str = TEMPLATE) -> RenderedMachine:
    return rendered(file, template, account=ACCOUNT, environment="dev")


def test_everything_is_filled_in() -> None:
    machine = render(parse())

    assert (machine.name, machine.type) == ("orchestration-dev", MachineType.STANDARD)
    assert machine.role_arn == "arn:aws:iam::123456789012:role/orders"
    assert json.loads(machine.definition_text)["States"]["A"]["Resource"] == (
        "arn:aws:lambda:eu-west-1:123456789012:function:charge-card"
    )


def test_a_name_is_all_it_takes() -> None:
    machine = render(MachineFile.parse('{"name": "small"}'), '{"States": {}}')

    assert machine == RenderedMachine("small", MachineType.STANDARD, '{"States": {}}')


@pytest.mark.parametrize("given", ["EXPRESS", "Express", "express"])
def test_a_type_may_be_written_as_people_do(given: str) -> None:
    assert parse(type=given).type is MachineType.EXPRESS


@pytest.mark.parametrize("field", ["input_schema", "output_schemas"])
def test_a_broken_schema_is_told_with_its_place(field: str) -> None:
    broken: Json = {"type": "strnig"}
    file = parse(**{field: broken if field == "input_schema" else {"Ask": broken}})

    with pytest.raises(InvalidDefinition, match=rf"^{field}.*not a valid JSON Schema"):
        render(file)


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"colour": "red"}, "colour"),
        ({"type": "FAST"}, "type"),
        ({"substitutions": {"a-b": "x"}}, "substitutions"),
        ({"tables": {"t": {"partition_key": "id:X"}}}, "tables.t.partition_key"),
        ({"setup": "setup"}, "setup"),
        ({"handlers": {"f": "handlers"}}, "handlers"),
        ({"queues": ["a", 1]}, "queues[1]"),
        ({"name": ""}, "name"),
        ({"callbacks": {"Ask": {"titel": "?"}}}, "callbacks.Ask.titel"),
        ({"callbacks": {"Ask": {"reject": {"cause": "c"}}}}, "callbacks.Ask.reject"),
    ],
)
def test_a_mistake_is_told_with_its_place(changes: dict[str, Json], path: str) -> None:
    with pytest.raises(InvalidDefinition, match=r"machine\.json") as refused:
        parse(**changes)

    assert [error.path for error in refused.value.errors] == [path]


WAITS = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken"}
ASKING = json.dumps({"StartAt": "Ask", "States": {"Ask": {**WAITS, "End": True}}})
YES = {"approve": {"output": {"approved": True}}, "reject": {"error": "No"}}


def test_a_question_belongs_to_a_state_that_waits() -> None:
    assert render(parse(callbacks={"Ask": YES}), ASKING).definition_text == ASKING
    with pytest.raises(InvalidDefinition, match=r"machine\.json: callbacks\.Asks is no state"):
        render(parse(callbacks={"Asks": YES}), ASKING)


def test_a_state_that_waits_for_nobody_is_told() -> None:
    inner = {"StartAt": "Deep", "States": {"Deep": {**WAITS, "End": True}}}
    states = {
        "Ask": {**WAITS, "Next": "Do"},
        "Do": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Next": "Each"},
        "Each": {"Type": "Map", "ItemProcessor": inner, "End": True},
    }
    definition = json.dumps({"StartAt": "Ask", "States": states})
    file = parse(callbacks=dict.fromkeys(["Ask", "Deep", "Do", "Gone"], YES))

    with pytest.raises(InvalidDefinition) as refused:
        render(file, definition)

    assert [(fault.path, fault.message.split()[1]) for fault in refused.value.errors] == [
        ("callbacks.Do", "a"),
        ("callbacks.Gone", "no"),
    ]


@pytest.mark.parametrize(
    ("schema", "fits"),
    [
        ({"required": ["approved"]}, True),
        ({}, True),
        (True, True),
        (False, False),
        ({"properties": {"approved": {"type": "string"}}}, False),
    ],
)
def test_a_button_sends_what_is_declared(schema: Json, fits: bool) -> None:
    file = parse(callbacks={"Ask": YES}, output_schemas={"Ask": schema})
    if fits:
        render(file, ASKING)
    else:
        with pytest.raises(InvalidDefinition, match=r"callbacks\.Ask\.approve\.output"):
            render(file, ASKING)


def test_what_is_not_json_is_refused() -> None:
    with pytest.raises(InvalidDefinition):
        MachineFile.parse("{")


def test_a_name_without_a_value_is_told() -> None:
    with pytest.raises(InvalidDefinition, match=r"\$\{Unknown\}"):
        render(parse(), '{"a": "${Unknown}"}')


@pytest.mark.parametrize("name", ["a b", "x" * 81, "${ChargeArn}"])
def test_a_name_aws_would_refuse_is_refused_here(name: str) -> None:
    with pytest.raises(InvalidName):
        render(parse(name=name))


def test_activities_are_named_for_the_environment() -> None:
    file = parse(activities=["review", "print-${ENVIRONMENT}"])
    assert render(file).activities == ("review", "print-dev")


def test_an_activity_aws_would_refuse_is_refused_here() -> None:
    with pytest.raises(InvalidName):
        render(parse(activities=["a b"]))


@pytest.mark.parametrize(
    ("account", "queue", "arn"),
    [
        (
            Account("aws", "eu-west-1", "123456789012"),
            "https://sqs.eu-west-1.amazonaws.com/123456789012/approvals",
            "arn:aws:states:::sqs:sendMessage",
        ),
        (
            Account("aws-us-gov", "us-gov-west-1", "123456789012"),
            "https://sqs.us-gov-west-1.amazonaws.com/123456789012/approvals",
            "arn:aws-us-gov:states:::sqs:sendMessage",
        ),
        (
            Account("aws-cn", "cn-north-1", "123456789012"),
            "https://sqs.cn-north-1.amazonaws.com.cn/123456789012/approvals",
            "arn:aws-cn:states:::sqs:sendMessage",
        ),
    ],
)
def test_the_partition_is_known_in_the_file_and_in_the_definition(
    account: Account, queue: str, arn: str
) -> None:
    url = "https://sqs.${REGION}.${URL_SUFFIX}/${ACCOUNT_ID}/approvals"
    file = parse(substitutions={"Url": url}, role_arn="arn:${PARTITION}:iam::1:role/a")
    template = '{"Resource": "arn:${PARTITION}:states:::sqs:sendMessage", "QueueUrl": "${Url}"}'
    machine = rendered(file, template, account=account, environment="prod")
    assert json.loads(machine.definition_text) == {"Resource": arn, "QueueUrl": queue}
    assert machine.role_arn == f"arn:{account.partition}:iam::1:role/a"


@pytest.mark.parametrize("name", ["a.b", "\u00e9t\u00e9", "order+1=(a)'!@", ".."])
def test_a_name_may_have_every_character_that_aws_takes(name: str) -> None:
    assert render(parse(name=name)).name == name


@pytest.mark.parametrize("name", ["a b", "a/b", "a:b", "a#b", "x" * 81])
def test_a_name_that_aws_refuses_is_refused_with_the_reason(name: str) -> None:
    with pytest.raises(InvalidName, match="is no name: A"):
        render(parse(name=name))


@pytest.mark.parametrize(("environment", "name"), [("dev", "orders"), ("prod", "orders-prod")])
def test_a_suffix_keeps_the_stages_of_an_account_apart(environment: str, name: str) -> None:
    file = parse(name="orders${SUFFIX}", activities=["review${SUFFIX}"])
    machine = rendered(file, TEMPLATE, account=ACCOUNT, environment=environment)
    assert (machine.name, machine.activities) == (name, (name.replace("orders", "review"),))


@pytest.mark.parametrize(
    ("state", "problem"),
    [("Missing", "stand_ins.Missing is no state's name"), ("Look", "stand_ins.Look is no Task")],
)
def test_a_stand_in_is_for_a_task_of_the_definition(state: str, problem: str) -> None:
    file = MachineFile.parse(json.dumps({"name": "m", "stand_ins": {state: {"return": 1}}}))
    template = '{"StartAt": "Look", "States": {"Look": {"Type": "Pass", "End": true}}}'
    with pytest.raises(InvalidDefinition, match=problem):
        rendered(file, template, account=ACCOUNT, environment="dev")
