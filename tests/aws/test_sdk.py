"""The AWS SDK that the locks hold, over the one that aioboto3's metadata asks for.

The suite runs on the locked one. `make plain` runs this folder and the end-to-end tests on what a
plain `pip install` resolves to.
"""

import re
from collections.abc import Iterator
from importlib.metadata import distribution, requires, version
from inspect import signature
from pathlib import Path
from typing import Any

import pytest
from aiobotocore.parsers import AioJSONParser, AioResponseParserFactory
from botocore.auth import AUTH_TYPE_MAPS, SigV4Auth
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

REQUIREMENTS = Path(__file__).parents[2] / "requirements"


def locked(name: str, lock: str) -> str:
    text = (REQUIREMENTS / f"{lock}.lock").read_text(encoding="utf-8")
    (found,) = re.findall(rf"^{name}==(\S+)", text, re.MULTILINE)
    return str(found)


def asked_by_aioboto3() -> Requirement:
    (found,) = [
        requirement
        for requirement in map(Requirement, requires("aioboto3") or [])
        if requirement.name == "aiobotocore"
    ]
    return found


def test_the_override_is_still_needed() -> None:
    asked, newer = asked_by_aioboto3(), locked("aiobotocore", "dev")
    assert newer not in asked.specifier, (
        f"aioboto3 {version('aioboto3')} takes aiobotocore {newer} by itself: delete "
        "requirements/override.in and its option in the Makefile, then `make lock`."
    )


@pytest.mark.parametrize("name", ["aioboto3", "aiobotocore", "boto3", "botocore"])
def test_every_lock_holds_the_same_sdk(name: str) -> None:
    assert len({locked(name, lock) for lock in ("service", "local", "dev")}) == 1


def unmet(name: str, extras: frozenset[str], seen: set[tuple[str, str]]) -> Iterator[Requirement]:
    """What a package and those it needs ask for and don't have here."""
    for text in distribution(name).requires or []:
        needed = Requirement(text)
        wanted = any(
            needed.marker is None or needed.marker.evaluate({"extra": extra})
            for extra in extras | {""}
        )
        key = (canonicalize_name(needed.name), ",".join(sorted(needed.extras)))
        if not wanted:
            continue
        if not needed.specifier.contains(version(needed.name), prereleases=True):
            yield needed
        if key not in seen:
            seen.add(key)
            yield from unmet(needed.name, frozenset(needed.extras), seen)


def test_the_locks_lack_nothing_though_they_are_installed_without_dependencies() -> None:
    """Raises PackageNotFoundError where one does. aioboto3's pin alone is overridden."""
    assert {str(each) for each in unmet("handrail", frozenset({"local", "dev"}), set())} <= {
        str(asked_by_aioboto3())
    }


def test_botocore_s_methods_that_the_fast_ones_replace_are_there() -> None:
    """One that is renamed would go unused without an error."""
    assert list(signature(SigV4Auth.add_auth).parameters) == ["self", "request"]
    assert list(signature(SigV4Auth.headers_to_sign).parameters) == ["self", "request"]
    assert list(signature(SigV4Auth.canonical_headers).parameters) == ["self", "headers_to_sign"]
    assert list(signature(SigV4Auth.signature).parameters) == ["self", "string_to_sign", "request"]
    assert list(signature(SigV4Auth.credential_scope).parameters) == ["self", "request"]
    assert AUTH_TYPE_MAPS["v4"] is SigV4Auth
    parser: Any = AioJSONParser
    assert list(signature(parser._handle_json_body).parameters) == ["self", "raw_body", "shape"]
    assert list(signature(parser._handle_structure).parameters) == ["self", "shape", "value"]
    assert isinstance(AioResponseParserFactory().create_parser("json"), AioJSONParser)
