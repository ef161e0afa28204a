"""Holding real answers and messages against the service's own documents."""

import re
from collections.abc import Mapping
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

Document = dict[str, Any]
PROBLEM = "application/problem+json"


class Schemas:
    """The schemas inside one document, found by JSON pointer."""

    def __init__(self, document: Document) -> None:
        self.document = document
        resource = Resource.from_contents(document, default_specification=DRAFT202012)
        self._registry: Registry[Any] = Registry().with_resource("urn:document", resource)

    def check(self, value: Any, *pointer: str) -> None:
        """Raises jsonschema's ValidationError."""
        parts = (part.replace("~", "~0").replace("/", "~1") for part in pointer)
        Draft202012Validator(
            {"$ref": "urn:document#/" + "/".join(parts)},
            registry=self._registry,
            format_checker=FormatChecker(),
        ).validate(value)


class RestContract:
    """The OpenAPI document: every answer must be one that it promises."""

    def __init__(self, document: Document) -> None:
        self.schemas = Schemas(document)
        self._routes = [(_pattern(path), path) for path in document["paths"]]

    def check(
        self, method: str, path: str, status: int, headers: Mapping[str, str], body: Any
    ) -> None:
        """`headers` by their names in lower case. Raises AssertionError, ValidationError."""
        media_type = headers.get("content-type", "").partition(";")[0]
        if media_type == PROBLEM:
            self.schemas.check(body, "components", "schemas", "Problem")
            assert body["status"] == status
        for pattern, route in self._routes:
            operations = self.schemas.document["paths"][route]
            if pattern.fullmatch(path) and method.lower() in operations:
                responses = operations[method.lower()]["responses"]
                promised = f"{method} {route} promises no {status}"
                assert str(status) in responses, f"{promised}: {body}"
                pointer: tuple[str, ...] = (
                    "paths",
                    route,
                    method.lower(),
                    "responses",
                    str(status),
                )
                response = responses[str(status)]
                if (reference := response.get("$ref")) is not None:
                    pointer = ("components", "responses", reference.rpartition("/")[2])
                    response = self.schemas.document["components"]["responses"][pointer[-1]]
                self._check_response(response, pointer, media_type, body)
                self._check_headers(response, headers)

    def _check_response(
        self, response: Mapping[str, Any], pointer: tuple[str, ...], media_type: str, body: Any
    ) -> None:
        content = response.get("content")
        if content is None:
            assert not body
            return
        assert media_type in content, f"{media_type} isn't promised by {'/'.join(pointer)}"
        if media_type.endswith("json"):
            self.schemas.check(body, *pointer, "content", media_type, "schema")

    def _check_headers(self, response: Mapping[str, Any], headers: Mapping[str, str]) -> None:
        for name, reference in response["headers"].items():
            assert reference["$ref"] == f"#/components/headers/{name}"
            promised = self.schemas.document["components"]["headers"][name]
            if promised.get("required"):
                assert headers.get(name.lower()), f"{name} is missing"


class SocketContract:
    """The AsyncAPI document: every message of the server must be one that it promises."""

    def __init__(self, document: Document) -> None:
        self.schemas = Schemas(document)

    def check(self, message: Mapping[str, Any]) -> None:
        name = f"server_{message['type'].capitalize()}"
        self.schemas.check(message, "components", "messages", name, "payload")


def _pattern(path: str) -> re.Pattern[str]:
    """A path template as a pattern; an execution's id may hold a slash."""
    parts = re.split(r"(\{\w+\})", path)
    return re.compile("".join("[^/]+" if part[:1] == "{" else re.escape(part) for part in parts))
