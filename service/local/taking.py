"""Whether the embedded engine would take a definition, without one running."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec

from .errors import AwsError

_NOBODY = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}


@cache
def installed() -> bool:
    return find_spec("moto") is not None


def refusal(definition: str, machine_type: str) -> str | None:
    """Why the engine would refuse it, None where it wouldn't. The first call takes seconds: it
    imports moto, which has to be installed."""
    with _without_a_profile():
        from .language import SEAMS, standing  # noqa: PLC0415 imports moto
        from .stepfunctions.machines import check_definition  # noqa: PLC0415

    with standing(*SEAMS):
        try:
            check_definition(definition, machine_type)
        except AwsError as error:
            return error.message
    return None


@contextmanager
def _without_a_profile() -> Iterator[None]:
    """moto reads the caller's AWS profile as it is imported, and fails where it isn't there."""
    before = {name: os.environ.get(name) for name in ("AWS_PROFILE", *_NOBODY)}
    os.environ.pop("AWS_PROFILE", None)
    os.environ.update(_NOBODY)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
