"""One state machine's handlers, stand-ins and setup are loaded from its folder or its template."""

from pathlib import Path

import pytest

from handrail.engine.errors import EngineError
from handrail.engine.handlers import loaded_folders
from handrail.engine.machine_loading import LoadedFunction

from .test_handlers import folder


def test_two_state_machines_may_have_modules_of_one_name(tmp_path: Path) -> None:
    for name in ("one", "two"):
        code = "import util\ndef f(event): return util.WHO\n"
        folder(tmp_path, name, handlers={f"f-{name}": "handlers.py:f"}, code=code)
        (tmp_path / name / "util.py").write_text(f"WHO = {name!r}")
    with loaded_folders(tmp_path, {}) as loaded:
        assert {name: handler({}) for name, handler in loaded.handlers.items()} == {
            "f-one": "one",
            "f-two": "two",
        }


TEMPLATE = """
Resources:
  Machine:
    Type: AWS::Serverless::StateMachine
    Properties:
      Definition:
        StartAt: A
        States:
          A: {Type: Task, Resource: !GetAtt One.Arn, Next: B}
          B: {Type: Task, Resource: !GetAtt Two.Arn, Next: C}
          C: {Type: Task, Resource: !GetAtt Three.Arn, End: true}
  One: &one
    Type: AWS::Serverless::Function
    Properties: &properties
      CodeUri: src
      Handler: app.look
      Runtime: python3.12
      Layers: [!Ref Shared]
      Environment: {Variables: {TABLE: !Ref Table, WHERE: !Ref "AWS::Region"}}
  Two:
    <<: *one
    Properties: {<<: *properties, Environment: {Variables: {TABLE: two}}}
  Three:
    Type: AWS::Lambda::Function
    Properties:
      Handler: index.handler
      Runtime: python3.12
      Code: {ZipFile: "import os; handler = lambda event: os.environ.get('TABLE')"}
  Table: {Type: AWS::Serverless::SimpleTable}
  Shared: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: layer}}
"""


def test_a_template_s_functions_have_their_variables_as_they_are_imported_and_as_they_run(
    tmp_path: Path,
) -> None:
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    (tmp_path / "src").mkdir()
    (tmp_path / "layer" / "python").mkdir(parents=True)
    (tmp_path / "layer" / "python" / "shared.py").write_text("from util import NAME")
    (tmp_path / "src" / "util.py").write_text("NAME = 'TABLE'")
    code = "import os\nfrom shared import NAME\nTABLE = os.environ[NAME]\n"
    code += "def look(event, context): return TABLE, os.environ['TABLE'], os.environ.get('WHERE')\n"
    (tmp_path / "src" / "app.py").write_text(code)
    with loaded_folders(tmp_path, {"REGION": "eu-west-1"}) as loaded:
        assert loaded.handlers["One"](None, None) == ("Table", "Table", "eu-west-1")
        assert loaded.handlers["Two"](None, None) == ("two", "two", None)
        assert loaded.handlers["Three"](None) is None


def test_a_stand_in_is_a_function_or_what_machine_json_says(tmp_path: Path) -> None:
    answer = {"return": {"paid": True}}
    stand_ins = {"Charge": "handlers.py:plain", "Tell": answer}
    folder(tmp_path, handlers={"log": "handlers.py:plain"}, stand_ins=stand_ins)
    with loaded_folders(tmp_path, {}) as loaded:
        charge, tell = loaded.stand_ins["one"].values()
        assert charge == LoadedFunction("handlers.py:plain", loaded.handlers["log"])
        assert not isinstance(tell, LoadedFunction)
        assert loaded.function_of(tmp_path / "one", "handlers.py:plain") is loaded.handlers["log"]
        with pytest.raises(EngineError, match="there is no function gone"):
            loaded.function_of(tmp_path / "one", "handlers.py:gone")
