"""What docs/engine.md says of moto is what the patches say."""

from handrail.engine.moto_patches.patches import faults

from .fault_table import table, written


def test_the_document_lists_every_fault() -> None:
    assert written() == table(), "run python -m tests.engine.moto_patches.fault_table"


def test_every_fault_is_told_in_whole_sentences() -> None:
    for name, fault in faults().items():
        for text in (fault.moto, fault.aws, fault.known):
            assert text[0].isupper() or text[0] in "`$", name
            assert text.endswith("."), name
