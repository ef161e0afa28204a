"""What is answered to what can't be taken for a request: a problem like any other (RFC 9457)."""

import secrets
from dataclasses import dataclass

from pydantic_core import to_json

from service.core.problems import CONTENT_TYPE, Refusal, problem_document

WORDS = {
    403: ("forbidden", "Forbidden", "No WebSocket is opened here."),
    404: ("not_found", "Not Found", "Nothing is served under this name."),
    408: ("request_timeout", "Request Timeout", "The head of the request didn't arrive in time."),
    431: (
        "head_too_large",
        "Request Header Fields Too Large",
        "The head of the request is too long.",
    ),
}
BAD_REQUEST = ("bad_request", "Bad Request", "This isn't a request as RFC 9112 has it.")


@dataclass(frozen=True, slots=True)
class Answer:
    """The last one on its connection."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


def refusal(status: int) -> Answer:
    """What has words of its own as it is. Everything else is the sender's mistake, 501 for an
    unknown coding too: nothing is missing here, and no alarm of ours should ring."""
    code, title, detail = WORDS.get(status, BAD_REQUEST)
    said = status if status in WORDS else 400
    id = secrets.token_hex(8)
    problem = Refusal(said, code, title, detail, retryable=said == 408)
    body = to_json(problem_document(problem, request_id=id))
    headers = [
        ("content-type", CONTENT_TYPE),
        ("content-length", str(len(body))),
        ("connection", "close"),
        ("x-request-id", id),
    ]
    return Answer(said, headers, body)
