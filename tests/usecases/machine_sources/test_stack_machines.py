"""State machines of SAM and CloudFormation templates, and of what CDK synthesises."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from handrail.core.definition.machine_file import known_names, rendered
from handrail.core.definition.table_keys import IndexKeys, TableKeys
from handrail.core.errors import InvalidDefinition
from handrail.core.models import Account, MachineType
from handrail.usecases.machine_folder import FolderProblem, MachineFolder
from handrail.usecases.machine_sources import load, load_what_can_be

TEMPLATES = Path(__file__).parent / "templates"
ACCOUNT = Account("aws-cn", "cn-north-1", "111122223333")
HERE = "cn-north-1:111122223333"
TRADING = """
StartAt: Check
States:
  Check:
    Type: Task
    Resource: arn:aws:states:::lambda:invoke
    Parameters: {FunctionName: "${CheckerArn}", Payload.$: $, Model: "${Model}"}
    Next: Sell
  Sell:
    Type: Task
    Resource: arn:aws:states:::lambda:invoke
    Parameters: {FunctionName: "${SellerName}"}
    Next: On
  On: {Type: Wait, Seconds: "${Seconds}", Comment: "${Table} ${QueueUrl} ${Mail}", End: true}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    shutil.copy(TEMPLATES / "sam.yaml", tmp_path / "template.yaml")
    (tmp_path / "statemachine").mkdir()
    (tmp_path / "statemachine" / "trading.asl.yaml").write_text(TRADING)
    (tmp_path / "functions" / "checker").mkdir(parents=True)
    (tmp_path / "functions" / "checker" / "app.py").write_text("def lambda_handler(event): ...")
    return tmp_path


def states(machine: MachineFolder) -> Any:
    ready = rendered(machine.file, machine.template, account=ACCOUNT, environment="dev")
    return json.loads(ready.definition_text)["States"]


def test_a_sam_project_s_references_are_what_aws_would_give(project: Path) -> None:
    problems: list[FolderProblem] = []
    trading, inner, written = load_what_can_be(project, problems.append)
    assert [each.file.name for each in (trading, inner, written)] == [
        "trading-dev",
        "Inner",
        "written",
    ]
    assert inner.file.type is MachineType.EXPRESS
    found = states(trading)
    assert found["Check"]["Parameters"] == {
        "FunctionName": f"arn:aws-cn:lambda:{HERE}:function:Checker",
        "Payload.$": "$",
        "Model": "big",
    }
    assert found["Sell"]["Parameters"] == {"FunctionName": "Seller"}
    assert found["On"]["Seconds"] == "5"  # a text, as CloudFormation fills it in
    queue = "https://sqs.cn-north-1.amazonaws.com.cn/111122223333/Orders.fifo"
    assert found["On"]["Comment"] == f"Trades {queue} Email"
    assert states(inner)["Tell"] == {
        "Type": "Task",
        "Resource": "arn:aws-cn:states:::sns:publish",
        "Parameters": {"TopicArn": f"arn:aws-cn:sns:{HERE}:Told", "Message": "made-up"},
        "Next": "Done",
    }
    arn = f"arn:aws-cn:states:{HERE}:stateMachine:trading-dev"
    parameters = {"StateMachineArn": arn, "Input": {"at": "Api"}}
    assert states(written)["Go"]["Parameters"] == parameters
    assert [str(problem).removeprefix(f"{project}/") for problem in problems] == [
        'template.yaml: Unheard: its definition is in a bucket: {"Bucket": "somebody-s", '
        '"Key": "there.json"}.'
    ]


def test_a_sam_project_s_python_is_mapped_and_the_rest_is_listed(project: Path) -> None:
    trading, inner, written = load_what_can_be(project, lambda _: None)
    assert trading.home == project
    assert trading.file.handlers == {"Checker": "functions/checker/app.py:lambda_handler"}
    assert trading.functions["Checker"].environment == {
        "STAGE": "dev",
        "TABLE": "Trades",
        "API": "https://Api.execute-api.${REGION}.amazonaws.com",
    }
    assert trading.notes == (
        "the function Seller isn't run here: it runs on nodejs20.x, not on Python",
        "The parameter Email has no default: 'Email' stands for it.",
    )
    assert (inner.notes, inner.file.handlers) == ((), {})
    assert written.notes == ("'Api' stands for the AWS::ApiGateway::RestApi Api.",)
    for each in (trading, inner):
        assert each.file.queues == ["Orders.fifo"]
        assert each.file.topics == ["Told"]
        assert each.file.buckets == ["files"]
        assert each.file.tables == {"Trades": TableKeys(partition_key="id:S")}
        assert each.file.parameters == {"/wish": "dev"}


def test_what_cdk_synthesises_is_read_with_its_assets(tmp_path: Path) -> None:
    template = json.loads((TEMPLATES / "cdk.template.json").read_text())
    (tmp_path / "OrdersStack.template.json").write_text(json.dumps(template))
    resources = template["Resources"]
    key = resources["WeighC8FD1FFF"]["Properties"]["Code"]["S3Key"].removesuffix(".zip")
    (tmp_path / f"asset.{key}").mkdir()
    (tmp_path / f"asset.{key}" / "index.py").write_text("")
    asset = resources["FromFile84BFAE38"]["Properties"]["DefinitionS3Location"]["Key"]
    task = {"Type": "Task", "Resource": "${Fn}", "End": True}
    (tmp_path / f"asset.{asset}").write_text(json.dumps({"StartAt": "A", "States": {"A": task}}))
    child, machine, from_file = load(tmp_path)
    found = states(machine)
    weigh = f"arn:aws-cn:lambda:{HERE}:function:WeighC8FD1FFF"
    assert found["WeighIt"]["Parameters"]["FunctionName"] == weigh
    assert found["Tell"]["Parameters"]["Message"] == 'a "quoted" text'
    child_arn = f"arn:aws-cn:states:{HERE}:stateMachine:{child.file.name}"
    assert found["Nest"]["Parameters"]["StateMachineArn"] == child_arn
    assert machine.file.handlers == {"WeighC8FD1FFF": f"asset.{key}/index.py:handler"}
    assert states(from_file)["A"]["Resource"] == weigh
    assert from_file.file.type is MachineType.EXPRESS
    assert machine.file.tables == {
        "Parcels318F3676": TableKeys(
            partition_key="parcel:S",
            sort_key="at:N",
            indexes={"by-at": IndexKeys(partition_key="at:N")},
        )
    }


def machine(properties: dict[str, Any], **others: Any) -> dict[str, Any]:
    resource = {"Type": "AWS::Serverless::StateMachine", "Properties": properties}
    return {"Resources": {"Machine": resource, **others}}


PASS = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}


@pytest.mark.parametrize(
    ("template", "problem"),
    [
        (machine({}), "Machine: the template gives it no definition."),
        (machine({"DefinitionUri": "gone.asl.json"}), "Machine: gone.asl.json: is missing."),
        (machine({"DefinitionUri": "s3://b/k.json"}), "its definition is in a bucket"),
        (machine({"Definition": {"A": {"Ref": "Gone"}}}), "Gone is no parameter and no resource"),
        (
            machine({"Definition": {"A": {"Fn::GetAtt": ["Gone", "Arn"]}}}),
            "Gone.Arn is no attribute",
        ),
        (machine({"Definition": {"A": {"Fn::Cidr": ["x"]}}}), "Fn::Cidr can't be evaluated"),
        (machine({"Definition": {"A": {"Fn::Select": ["9", ["x"]]}}}), "can't be evaluated"),
        (machine({"Definition": {"A": {"Fn::If": ["No", 1, 2]}}}), "The condition No can't be"),
        (machine({"Definition": PASS, "DefinitionSubstitutions": {"A": [1]}}), "A is no text"),
        (machine({"Definition": PASS, "Type": "FAST"}), "type: "),
    ],
)
def test_what_cannot_be_decided_is_said_by_name(
    tmp_path: Path, template: dict[str, Any], problem: str
) -> None:
    (file := tmp_path / "template.json").write_text(json.dumps(template))
    with pytest.raises(InvalidDefinition) as caught:
        load(file)
    assert problem in caught.value.detail
    assert caught.value.detail.startswith(f"{file}: ")


def test_one_that_cannot_be_read_keeps_none_of_the_template_s_others_out(tmp_path: Path) -> None:
    good = {"Type": "AWS::Serverless::StateMachine", "Properties": {"Definition": PASS}}
    table = {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": {"Ref": "Gone"}}}
    odd = {"Type": "AWS::Lambda::Function", "Properties": {"FunctionName": {"Ref": "Gone"}}}
    template = machine({}, Good=good, Table=table, Odd=odd)
    (file := tmp_path / "template.json").write_text(json.dumps(template))
    problems: list[FolderProblem] = []
    [found] = load_what_can_be(file, problems.append)
    assert (found.file.name, [each.name for each in problems]) == ("Good", ["Machine"])
    assert found.notes[0].startswith("Table isn't created: ")


def test_a_file_beside_the_template_adds_what_runs_here_alone(project: Path) -> None:
    handlers = {"Seller": "stand_ins.py:sell"}
    description = {
        "handlers": handlers,
        "stand_ins": {"Check": {"return": 1}},
        "setup": "s.py:seed",
    }
    (project / "Trading.machine.json").write_text(json.dumps(description))
    trading, inner, _ = load_what_can_be(project, lambda _: None)
    assert trading.file.handlers == {
        "Checker": "functions/checker/app.py:lambda_handler",
        **handlers,
    }
    assert (list(trading.file.stand_ins), trading.file.setup) == (["Check"], "s.py:seed")
    assert trading.file.queues == ["Orders.fifo"]
    assert not [note for note in trading.notes if "isn't run here" in note]
    assert inner.file.setup is None
    assert (trading.described_in, inner.described_in) == (
        "Trading.machine.json",
        "Inner.machine.json",
    )


def test_nested_templates_are_read_with_the_parameters_they_are_given(tmp_path: Path) -> None:
    inner = machine({"Name": {"Ref": "Name"}, "Definition": PASS})
    inner["Parameters"] = {"Name": {"Type": "String"}}
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "template.json").write_text(json.dumps(inner))
    (tmp_path / "broken.json").write_text("{")
    kind = "AWS::Serverless::Application"
    where = {"Location": "inner/template.json", "Parameters": {"Name": {"Fn::Sub": "x-${Stage}"}}}
    template = machine(
        {"Definition": PASS},
        Inner={"Type": kind, "Properties": where},
        Broken={"Type": kind, "Properties": {"Location": "broken.json"}},
        Theirs={"Type": kind, "Properties": {"Location": {"ApplicationId": "theirs"}}},
        **{"Fn::ForEach::X": ["X", ["a"], {}]},
    )
    template["Parameters"] = {"Stage": {"Type": "String", "Default": "dev"}}
    (file := tmp_path / "template.json").write_text(json.dumps(template))
    problems: list[FolderProblem] = []
    found = load_what_can_be(file, problems.append)
    assert [(each.file.name, each.path) for each in found] == [
        ("Machine", file),
        ("x-dev", tmp_path / "inner" / "template.json"),
    ]
    assert [problem.folder.name for problem in problems] == ["template.json", "broken.json"]
    assert problems[0].reason == "Fn::ForEach::X in Resources can't be evaluated."
    assert problems[1].reason.startswith("1:2: is not JSON")


def test_code_in_the_template_is_kept_for_the_function(tmp_path: Path) -> None:
    code = "def handler(event, context):\n    return event\n"
    properties = {"Runtime": "python3.12", "Handler": "index.handler", "Code": {"ZipFile": code}}
    task = {"Type": "Task", "Resource": {"Fn::GetAtt": ["Echo", "Arn"]}, "End": True}
    definition = {"StartAt": "A", "States": {"A": task}}
    echo = {"Type": "AWS::Lambda::Function", "Properties": properties}
    template = machine({"Definition": definition}, Echo=echo)
    (file := tmp_path / "template.json").write_text(json.dumps(template))
    [found] = load(file)
    assert found.file.handlers == {"Echo": "index.py:handler"}
    assert found.functions["Echo"].inline_code == code


def test_a_template_that_is_nested_in_itself_is_read_once(tmp_path: Path) -> None:
    inner = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "template.json"}}
    (file := tmp_path / "template.json").write_text(
        json.dumps(machine({"Definition": PASS}, I=inner))
    )
    problems: list[FolderProblem] = []
    assert len(load_what_can_be(file, problems.append)) == 1
    assert [each.reason for each in problems] == ["I: it is nested in itself."]


@pytest.mark.parametrize(
    "wrong",
    [
        {"Globals": 1},
        {"Resources": {"M": {"Type": "AWS::Serverless::StateMachine", "Properties": [[]]}}},
        {"Resources": {"M": {"Type": "AWS::Serverless::StateMachine", "Properties": 1}}},
    ],
)
def test_what_is_no_template_keeps_nothing_else_out(wrong: dict[str, Any], tmp_path: Path) -> None:
    template = {**machine({"Definition": PASS}), **wrong}
    (file := tmp_path / "template.json").write_text(json.dumps(template))
    problems: list[FolderProblem] = []
    assert load_what_can_be(file, problems.append) == ()
    [problem] = problems
    assert (problem.folder, "isn't as a template is written" in problem.reason) == (file, True)


def logged(type: str, property: str, configuration: Any, folder: Path) -> Any:
    definition = {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}
    properties = {"Definition": definition, property: configuration}
    group = {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "/states/orders"}}
    resources = {"Machine": {"Type": type, "Properties": properties}, "Group": group}
    (folder / "template.json").write_text(json.dumps({"Resources": resources}))
    (found,) = load(folder)
    return found.file.logging


SAM, CLOUDFORMATION = "AWS::Serverless::StateMachine", "AWS::StepFunctions::StateMachine"
TO_GROUP = [{"CloudWatchLogsLogGroup": {"LogGroupArn": {"Fn::GetAtt": ["Group", "Arn"]}}}]


@pytest.mark.parametrize(
    ("type", "property"), [(SAM, "Logging"), (CLOUDFORMATION, "LoggingConfiguration")]
)
def test_logs_are_those_of_the_template(tmp_path: Path, type: str, property: str) -> None:
    said = {"Level": "ERROR", "IncludeExecutionData": True, "Destinations": TO_GROUP}
    found = logged(type, property, said, tmp_path)
    assert (found.level, found.include_execution_data) == ("ERROR", True)
    arn = found.filled(known_names(ACCOUNT, "dev"), ACCOUNT).log_group_arn
    assert arn == f"arn:aws-cn:logs:{HERE}:log-group:/states/orders:*"
    assert logged(type, property, {"Level": "OFF"}, tmp_path).level == "OFF"


@pytest.mark.parametrize(
    "undecided",
    [
        {"Level": "ALL"},
        {"Level": {"Fn::ImportValue": "level"}, "Destinations": TO_GROUP},
        {"Level": "ALL", "Destinations": [{"CloudWatchLogsLogGroup": {"LogGroupArn": "/g"}}]},
        {"Level": "ALL", "Destinations": {"Fn::ImportValue": "there"}},
        {"Ref": "AWS::NoValue"},
        [],
    ],
)
def test_logs_that_only_aws_knows_of_keep_nothing_from_running(
    tmp_path: Path, undecided: Any
) -> None:
    assert logged(CLOUDFORMATION, "LoggingConfiguration", undecided, tmp_path) is None
