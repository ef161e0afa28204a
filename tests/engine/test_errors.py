"""What the engine says of errors, its own and others'."""

from handrail.engine.errors import AwsError, NotServed, text_of, unforeseen


class Wordless(Exception):
    def __str__(self) -> str:
        raise LookupError("no words")


def test_what_is_not_served_is_an_answer_of_its_own() -> None:
    error = NotServed("Glue")
    assert isinstance(error, AwsError)
    assert (error.type, error.status) == ("NotImplementedException", 501)
    assert str(error) == error.message == "The embedded engine doesn't serve Glue."


def test_an_error_that_fails_to_give_its_text_is_told_of_all_the_same() -> None:
    assert text_of(ValueError("a text")) == "a text"
    assert text_of(Wordless()) == "(its text raises LookupError)"
    assert unforeseen(Wordless()).startswith("The embedded engine failed: Wordless: (its text")
