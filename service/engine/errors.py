"""Errors of the embedded engine, and the texts of others."""

from handrail.core.errors import StartupError


class EngineError(StartupError):
    """The engine can't start. The text is one line that names what to change."""


class AwsError(Exception):
    """An answer in AWS's own words: `{"__type": type, "message": message}`."""

    def __init__(self, type: str, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self.type, self.message, self.status = type, message, status


class NotServed(AwsError):
    """The engine doesn't do this."""

    STATUS = 501

    def __init__(self, what: str) -> None:
        message = f"The embedded engine doesn't serve {what}."
        super().__init__("NotImplementedException", message, status=self.STATUS)


class NotRun(NotServed):
    """The engine doesn't run such a task. The text is a sentence."""

    def __init__(self, sentence: str) -> None:
        AwsError.__init__(self, "NotImplementedException", sentence, status=self.STATUS)


def text_of(error: BaseException) -> str:
    """The error's own words; an error may have none, or fail to give them."""
    try:
        return str(error)
    except Exception as another:
        return f"(its text raises {type(another).__name__})"


def unforeseen(error: BaseException) -> str:
    """A sentence on what should have happened nowhere."""
    return f"The embedded engine failed: {type(error).__name__}: {text_of(error)}"
