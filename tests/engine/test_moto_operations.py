"""What the service knows of the engine without asking it is what the engine has."""

import json

from .moto_operations import FILE, operations


def test_the_table_of_operations_is_what_moto_and_the_engine_have() -> None:
    known = json.loads(FILE.read_text(encoding="utf-8"))
    assert known == operations(), "python -m tests.engine.moto_operations writes it anew"
