import json

from handrail.core.definition.definition import Definition
from handrail.usecases.local_engine import LocalEngine


def test_a_state_machine_s_own_stand_ins_count() -> None:
    function = "arn:aws:lambda:us-east-1:123456789012:function:charge"
    state = {"Type": "Task", "Resource": function, "End": True}
    read = Definition.parse(json.dumps({"StartAt": "A", "States": {"A": state}}))
    known = {"order": ["A"]}
    engine = LocalEngine(lambda _: (), lambda name: known.get(name, ()), ["ship"])
    assert engine.unanswered("order", read) == ()
    assert [task.state.name for task in engine.unanswered("other", read)] == ["A"]
