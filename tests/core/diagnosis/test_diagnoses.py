from handrail.core.diagnosis.diagnoses import Diagnosis, Verdict, counted, listed


def test_they_are_counted_by_what_there_is_to_do() -> None:
    kinds = [Verdict.OK, Verdict.MISSING, Verdict.WARNING, Verdict.WARNING, Verdict.NOT_CHECKED]

    assert counted(Diagnosis("x", each, "") for each in kinds) == (
        "1 missing, 2 warnings, 1 not checked."
    )
    assert counted([Diagnosis("x", Verdict.OK, "")]) == "Nothing is missing."


def test_a_document_names_its_verdict_in_one_word() -> None:
    document = Diagnosis("bus", Verdict.NOT_CHECKED, "why", "how").document()

    assert document == {"check": "bus", "verdict": "not_checked", "text": "why", "mend": "how"}


def test_long_lists_are_cut_short() -> None:
    assert listed("abc", most=3) == "a, b, c"
    assert listed("abcde", most=3) == "a, b, c and 2 more"
