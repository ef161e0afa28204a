"""Reads bodies and queries, and writes answers."""

from collections.abc import Mapping
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import from_json
from quart import Response, request

from service.core.errors import FieldError, InvalidRequest
from service.core.models import Cursor, Json
from service.core.protocol.encoded_messages import json_bytes

from .docs.requests import SeenQuery
from .problems import BadJson

Read = TypeVar("Read", bound=BaseModel)
NO_STORE = {"Cache-Control": "no-store"}


async def read_json() -> Json:
    """The body as JSON whatever its media type, `{}` where there is none. Raises BadJson."""
    data = await request.get_data()
    if not data.strip():
        return {}
    try:
        return from_json(data, allow_inf_nan=False)
    except ValueError as error:
        raise BadJson(f"The body is not JSON: {error}.") from None


async def read_body(model: type[Read]) -> Read:
    """The body as this model. Raises BadJson, InvalidRequest."""
    return _valid(model, await read_json(), "body")


def read_query(model: type[Read]) -> Read:
    """The query as this model, for a route too hot to read an empty one. Raises InvalidRequest."""
    return _valid(model, request.args.to_dict() if request.query_string else {}, "query")


def cursor_seen() -> Cursor | None:
    """What the caller says to have seen of the execution. Raises InvalidRequest."""
    text = read_query(SeenQuery).after
    return Cursor.parse(text) if text else None


def answer(
    document: Mapping[str, Json], status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    body = json_bytes(document)
    return Response(body, status, dict(headers or {}), content_type="application/json")


def _valid(model: type[Read], value: Json, part: str) -> Read:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
        fields = [FieldError(".".join(map(str, item["loc"])), item["msg"]) for item in found]
        detail = f"The request's {part} breaks its schema."
        raise InvalidRequest(detail, errors=fields) from None
