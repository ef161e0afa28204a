"""Fields under AWS's names."""

from types import SimpleNamespace
from typing import Any

import pytest

from handrail.engine.moto_patches.field_names import field


@pytest.mark.parametrize(
    ("component", "name"),
    [
        ("TimeoutSecondsPath", "TimeoutSecondsPath"),
        ("SecondsJSONata", "Seconds"),
        ("ConditionStringJSONata", "Condition"),
        ("AssignDecl", "Assign"),
        ("Parameters", "Parameters"),
        ("PayloadTmpl", None),
    ],
)
def test_a_class_of_moto_s_stands_for_a_field(component: str, name: str | None) -> None:
    made: Any = type(component, (SimpleNamespace,), {})()
    assert field(made) == name
