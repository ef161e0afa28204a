"""Says whether the embedded engine would take a definition, without one running."""

import os
from importlib.util import find_spec
from unittest import mock

from .errors import AwsError
from .lean_import import import_interpreter, quieten

_NO_FILES = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}


def installed() -> bool:
    return find_spec("moto") is not None


def refusal(definition: str, machine_type: str) -> str | None:
    """Why the engine would refuse it, or None. The first call imports moto, which takes seconds."""
    # moto reads the caller's AWS profile as it is imported, and fails where it isn't there
    with mock.patch.dict(os.environ, _NO_FILES):
        os.environ.pop("AWS_PROFILE", None)
        import_interpreter()
        from .moto_patches import patches  # noqa: PLC0415 imports moto
        from .step_functions.validation import check_definition  # noqa: PLC0415
    quieten()
    with patches.installed():
        try:
            check_definition(definition, machine_type)
        except AwsError as error:
            return error.message
    return None
