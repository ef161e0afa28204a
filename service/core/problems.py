"""What a problem looks like, RFC 9457, whoever answers with it: the app, its edge, or a Lambda
function that has no app to ask. Pure."""

from .models import Json

CONTENT_TYPE = "application/problem+json"


def problem_document(
    *, status: int, code: str, title: str, detail: str, retryable: bool, request_id: str
) -> dict[str, Json]:
    """The members that every problem has."""
    return {
        "type": f"urn:handrail:problem:{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
        "retryable": retryable,
        "request_id": request_id,
    }
