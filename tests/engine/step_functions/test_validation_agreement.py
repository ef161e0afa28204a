"""What lint takes, the engine takes: for whatever valid definition is drawn."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from handrail.core.definition.definition import Definition
from handrail.core.definition.lint import lint
from handrail.engine.moto_patches import patches
from handrail.engine.step_functions.validation import check_definition

PATHS = st.sampled_from(
    ["$", "$.a", "$.a[0].b", "$['a b']", "$$.Execution.Id", "$..a", "$.a[?(@.b > 1)]"]
)
PLACES = st.sampled_from(["$", "$.a", "$.a.b", "$['a b']"])
FUNCTIONS = st.sampled_from(["States.UUID()", "States.Format('{}', $.a)", "States.Array(1, $.a)"])
KEYS = st.sampled_from(["a", "Type", "Next", "ü", "a b"])
TEMPLATES: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.booleans(), st.integers(-9, 9), st.text("a$.{}%\"'\\", max_size=4)),
    lambda inner: (
        st.dictionaries(KEYS, inner, max_size=2)
        | st.dictionaries(KEYS.map(lambda key: f"{key}.$"), PATHS | FUNCTIONS, max_size=2)
        | st.lists(inner, max_size=2)
    ),
    max_leaves=4,
)
OBJECTS = st.dictionaries(KEYS, TEMPLATES, max_size=2)
FLOWS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={"Comment": st.text(max_size=4), "InputPath": PATHS | st.none(), "OutputPath": PATHS},
)
RETRY = st.fixed_dictionaries(
    {"ErrorEquals": st.sampled_from([["States.ALL"], ["A.B", "States.Timeout"], ["States.Mine"]])},
    optional={"IntervalSeconds": st.integers(1, 9), "MaxAttempts": st.integers(0, 9),
              "BackoffRate": st.sampled_from([1, 1.5, 2]), "JitterStrategy": st.just("FULL")},
)  # fmt: skip
BODIES: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.fixed_dictionaries({"Type": st.just("Pass")}, optional={
        "Result": TEMPLATES, "ResultPath": PLACES | st.none()}),
    st.fixed_dictionaries({"Type": st.just("Pass"), "Parameters": OBJECTS}),
    st.fixed_dictionaries({"Type": st.just("Wait"), "Seconds": st.integers(0, 99)}),
    st.fixed_dictionaries({"Type": st.just("Wait"), "TimestampPath": PLACES}),
    st.fixed_dictionaries(
        {"Type": st.just("Task"), "Resource": st.sampled_from([
            "arn:aws:states:::lambda:invoke", "arn:aws:states:::aws-sdk:s3:listBuckets",
            "arn:aws:lambda:us-east-1:123456789012:function:f:live", "${Later}",
            "arn:aws:states:::eks:runJob.sync", "arn:aws:states:::new:thing"])},
        optional={"TimeoutSeconds": st.integers(1, 99), "Retry": st.lists(RETRY, max_size=1),
                  "ResultSelector": OBJECTS, "ResultPath": PLACES | st.none()}),
)  # fmt: skip


@st.composite
def definitions(draw: st.DrawFn) -> dict[str, Any]:
    """A row of states, each that can be inside a Map or a Parallel."""
    names = draw(st.lists(st.sampled_from("ABCDEü"), min_size=1, max_size=4, unique=True))
    states: dict[str, Any] = {}
    for name, after in zip(names, [*names[1:], None], strict=True):
        body = {**draw(BODIES), **draw(FLOWS)}
        inner = {"StartAt": f"in {name}", "States": {f"in {name}": {**body, "End": True}}}
        match draw(st.sampled_from(["alone", "alone", "Map", "Parallel"])):
            case "Map":
                body = {"Type": "Map", "ItemProcessor": inner, "ItemsPath": "$.a"}
            case "Parallel":
                body = {"Type": "Parallel", "Branches": [inner]}
        states[name] = {**body, **({"Next": after} if after else {"End": True})}
    return {"StartAt": names[0], "States": states}


@settings(max_examples=60)
@given(definitions())
def test_a_valid_definition_is_refused_by_neither(definition: dict[str, Any]) -> None:
    text = json.dumps(definition)
    assert [each for each in lint(Definition.parse(text)) if each.severity == "error"] == []
    with patches.installed():
        check_definition(text, "STANDARD")
