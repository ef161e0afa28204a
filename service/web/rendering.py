"""Reads bodies and queries, and writes answers."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar, get_origin

from pydantic import BaseModel, ValidationError
from quart import Response, request

from handrail.core.errors import FieldError, InvalidRequest
from handrail.core.json_bodies import NotJson, payload, read_json, read_payload, with_payloads
from handrail.core.json_text import JsonText, exact, json_bytes
from handrail.core.models import Cursor, Json

from .docs.requests import SeenQuery
from .problems import BadJson

Read = TypeVar("Read", bound=BaseModel)
BROKEN = "The request's {part} breaks its schema."
NO_STORE = {"Cache-Control": "no-store"}


async def read_input() -> JsonText:
    """The whole body as a payload, a JSON object, whatever its media type; `{}` where there is
    none. Raises BadJson, InvalidRequest."""
    text = await _text()
    if not isinstance(_json(lambda body: read_payload(body, "input"), text), dict):
        raise InvalidRequest("The input is a JSON object.", errors=[FieldError("", "No object")])
    return payload(text)


async def read_body(model: type[Read]) -> Read:
    """The body as this model, its members that may be anything as they were written. Raises
    BadJson, InvalidRequest."""
    text = await _text()
    payloads = [name for name, field in model.model_fields.items() if field.annotation is Any]
    return _valid(model, with_payloads(_json(read_json, text), text, payloads), "body")


async def read_event(model: type[Read]) -> Read:
    """As `read_body`, for what AWS wrote: a text that it cut may end in half a character."""
    text = await _text()
    try:
        value = exact(text)
    except ValueError:
        raise BadJson("The body is not JSON.") from None
    return _valid(model, value, "body")


def read_query(model: type[Read]) -> Read:
    """The query as this model. Raises InvalidRequest, also where what there can be one of was given
    twice. What the model doesn't have `queries` has refused before."""
    if not request.query_string:
        return _valid(model, {}, "query")
    given, twice = dict[str, Json](), list[FieldError]()
    for name, values in request.args.lists():
        if (field := model.model_fields.get(name)) is None:
            continue
        several = get_origin(field.annotation) is list
        given[name] = values if several else values[0]
        if len(values) > 1 and not several:
            twice.append(FieldError(name, "Given more than once, and there can be one only."))
    if twice:
        raise InvalidRequest(BROKEN.format(part="query"), errors=twice)
    return _valid(model, given, "query")


def cursor_seen() -> Cursor | None:
    """What the caller says to have seen of the execution. Raises InvalidRequest."""
    text = read_query(SeenQuery).after
    return Cursor.parse(text) if text else None


def answer(
    document: Mapping[str, Json], status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    body = json_bytes(document)
    return Response(body, status, dict(headers or {}), content_type="application/json")


async def _text() -> str:
    """JSON is UTF-8 (RFC 8259, section 8.1); a byte order mark is ignored, as it allows."""
    try:
        text = str(await request.body, "utf-8-sig")  # in time: there are limits around handlers
    except UnicodeDecodeError as error:
        raise BadJson(f"The body is not UTF-8: {error.reason} at byte {error.start}.") from None
    return text if text.strip() else "{}"


def _json(read: Callable[[str], Json], text: str) -> Json:
    try:
        return read(text)
    except NotJson as error:
        raise BadJson(f"The body is not JSON: {error}.") from None


def _valid(model: type[Read], value: Json, part: str) -> Read:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
        depth = 1 if part == "query" else None  # the place among several values tells nothing
        fields = [
            FieldError(".".join(map(str, item["loc"][:depth])), item["msg"]) for item in found
        ]
        raise InvalidRequest(BROKEN.format(part=part), errors=fields) from None
