"""The graph a page draws."""

import json

from pydantic_core import to_jsonable_python

from handrail.core.definition.definition import TransitionKind
from handrail.core.definition.graph import Edge, Node, graph
from tests.core.definitions import SQS_WAIT, machine, task

ORDER = machine(
    {
        "Ask": task(Resource=SQS_WAIT, Comment="A person decides", Next="Fan",
                    Catch=[{"ErrorEquals": ["States.Timeout"], "Next": "GaveUp"}]),
        "Fan": {
            "Type": "Parallel",
            "Branches": [
                {"StartAt": "L", "States": {"L": {"Type": "Pass", "End": True}}},
                {"StartAt": "R", "States": {"R": {"Type": "Pass", "Next": "Nowhere"}}},
            ],
            "End": True,
        },
        "GaveUp": {"Type": "Fail"},
    }
)  # fmt: skip


def test_nodes_carry_what_a_page_shows() -> None:
    nodes = {node.id: node for node in graph(ORDER).nodes}

    assert nodes["Ask"] == Node(
        "Ask", "Task", None, None, start=True, end=False, resource=SQS_WAIT,
        comment="A person decides", waits_for_callback=True,
    )  # fmt: skip
    assert nodes["R"] == Node("R", "Pass", "Fan", 1, start=True, end=False)
    assert nodes["GaveUp"].end


def test_edges_join_nodes_and_nothing_else() -> None:
    assert graph(ORDER).edges == [
        Edge("Ask", "Fan", TransitionKind.NEXT),
        Edge("Ask", "GaveUp", TransitionKind.CATCH, "States.Timeout"),
    ]


def test_its_document_is_plain_json() -> None:
    document = to_jsonable_python(graph(ORDER))

    assert json.loads(json.dumps(document)) == document
    assert document["edges"][1] == {
        "source": "Ask",
        "target": "GaveUp",
        "kind": "catch",
        "label": "States.Timeout",
    }
