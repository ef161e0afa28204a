"""Says whether the embedded engine would take a definition, without one running."""

import os
from functools import cache
from importlib.util import find_spec

from .errors import AwsError

_NO_PROFILE = {
    "AWS_PROFILE": None,
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}


@cache
def installed() -> bool:
    return find_spec("moto") is not None


def refusal(definition: str, machine_type: str) -> str | None:
    """Why the engine would refuse it, None where it wouldn't. The first call takes seconds: it
    imports moto, which has to be installed."""
    before = {name: os.environ.get(name) for name in _NO_PROFILE}
    try:  # moto reads the caller's AWS profile as it is imported, and fails where it isn't there
        _set_environment(_NO_PROFILE)
        from . import moto_patches  # noqa: PLC0415 imports moto
        from .step_functions.machines import check_definition  # noqa: PLC0415
    finally:
        _set_environment(before)
    with moto_patches.installed():
        try:
            check_definition(definition, machine_type)
        except AwsError as error:
            return error.message
    return None


def _set_environment(values: dict[str, str | None]) -> None:
    for name, value in values.items():
        os.environ.pop(name, None)
        if value is not None:
            os.environ[name] = value
