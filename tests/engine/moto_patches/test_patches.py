"""The patches of moto's interpreter: each says why, and all of them are taken back."""

from inspect import getattr_static
from typing import Any

import pytest
from moto.stepfunctions.parser.asl.component.common.path.items_path import ItemsPath
from moto.stepfunctions.parser.asl.component.state.exec.state_task import state_task_activitiy
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
from moto.stepfunctions.parser.asl.parse.preprocessor import Preprocessor

from handrail.engine.moto_patches.patches import PATCHES, installed
from handrail.engine.moto_patches.query_language_scopes import begin_without_scopes

PLACES = (
    (ItemsPath, "_eval_body"),
    (Preprocessor, "_inner_string_of"),
    (Preprocessor, "__init__"),
    (state_task_activitiy.StateTaskActivity, "_from_error"),
)


def standing() -> list[Any]:
    return [getattr_static(owner, name) for owner, name in PLACES]


@pytest.mark.parametrize("patch", PATCHES, ids=lambda patch: patch.place)
def test_a_patch_says_why_it_is_needed(patch: Any) -> None:
    assert patch.replacement.__doc__


def test_moto_is_patched_for_a_time_and_not_twice() -> None:
    before = standing()
    with installed():
        patched = standing()
        with installed():
            assert standing() == patched
        assert standing() == patched
    assert standing() == before
    assert begin_without_scopes in patched


def test_a_definition_is_parsed_while_an_engine_runs() -> None:
    definition = '{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}'
    with installed(), installed():
        program, *_ = AmazonStateLanguageParser.parse(definition)
    assert program.start_at.start_at_name == "A"
