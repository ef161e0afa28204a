"""Reads bodies and queries, and writes answers."""

from collections.abc import Mapping
from typing import TypeVar, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import from_json
from quart import Response, request

from service.core.errors import FieldError, InvalidRequest
from service.core.models import Json
from service.core.protocol.encoded_messages import json_bytes

from .problems import BadJson

Read = TypeVar("Read", bound=BaseModel)
BROKEN = "The request's {part} breaks its schema."
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
        depth = 1 if part == "query" else None  # the place among several values tells nothing
        fields = [
            FieldError(".".join(map(str, item["loc"][:depth])), item["msg"]) for item in found
        ]
        raise InvalidRequest(BROKEN.format(part=part), errors=fields) from None
