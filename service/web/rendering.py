"""Reading bodies and writing answers."""

from collections.abc import Mapping
from typing import TypeVar

from pydantic import ValidationError
from pydantic_core import from_json
from quart import Response, request

from service.core.errors import InvalidRequest
from service.core.messages import json_bytes
from service.core.models import Json

from .models import Body, Model
from .problems import BadJson, field_errors

Read = TypeVar("Read", bound=Body)
Query = TypeVar("Query", bound=Model)


async def read_json() -> Json:
    """The body as a JSON value, an empty object where there is none. Raises BadJson.

    The media type isn't looked at: curl sends another one unless told."""
    data = await request.get_data()
    if not data.strip():
        return {}
    try:
        return from_json(data, allow_inf_nan=False)
    except ValueError as error:
        raise BadJson(f"The body is not JSON: {error}.") from None


async def read_body(model: type[Read]) -> Read:
    """The body as this model. Raises BadJson, InvalidRequest."""
    value = await read_json()
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise InvalidRequest(
            "The request's body breaks its schema.", errors=field_errors(error)
        ) from None


def read_query(model: type[Query]) -> Query:
    """The query as this model, for a route too hot to read an empty one. Raises InvalidRequest."""
    try:
        return model.model_validate(request.args.to_dict() if request.query_string else {})
    except ValidationError as error:
        raise InvalidRequest(
            "The request's query breaks its schema.", errors=field_errors(error)
        ) from None


def answer(
    document: Mapping[str, Json], status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    body = json_bytes(document)
    return Response(body, status, dict(headers or {}), content_type="application/json")
