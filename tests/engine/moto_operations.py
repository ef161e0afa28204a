"""Reads which operations of AWS the engine and moto have, and writes them for the service:
`python -m tests.engine.moto_operations`."""

import importlib
import inspect
import json
import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from botocore import xform_name
from botocore.loaders import Loader
from botocore.model import ServiceModel

FILE = Path(__file__).parents[2] / "service/core/definition/engine_operations.json"
_FOLDERS = {"lambda": "awslambda", "xray": ""}
"""Where moto's folder is called otherwise; that of X-Ray opens a socket as it is imported."""


def operations() -> dict[str, str]:
    """By Step Functions' name of a service: botocore's name, and what there is of it."""
    from moto.core.base_backend import BaseBackend  # noqa: PLC0415 seconds
    from moto.core.responses import BaseResponse  # noqa: PLC0415

    from handrail.engine.http import OPERATIONS  # noqa: PLC0415

    own = {"stepfunctions": OPERATIONS, "lambda": ("GetFunction", "Invoke", "ListFunctions")}
    loader, found = Loader(), {}
    for service in loader.list_available_services("service-2"):
        model = ServiceModel(loader.load_service_model(service, "service-2"), service)
        package = f"moto.{_FOLDERS.get(service, re.sub(r'[^a-z0-9]', '', service))}"
        methods = set(_methods(f"{package}.responses", BaseResponse))
        methods |= set(_methods(f"{package}.models", BaseBackend))
        names = [name for name in model.operation_names if xform_name(name) in methods]
        name = re.sub(r"[^a-z0-9]", "", str(model.service_id).lower())
        found[name.removesuffix("service")] = " ".join([service, *sorted(own.get(service, names))])
    return dict(sorted(found.items()))


def _methods(module_name: str, base: Any) -> Iterator[str]:
    """Those of the classes of `base`, that `base` itself hasn't."""
    package = module_name.rpartition(".")[0]
    if package.endswith(".") or not find_spec(package) or not find_spec(module_name):
        return
    for _, found in inspect.getmembers(importlib.import_module(module_name), inspect.isclass):
        if issubclass(found, base) and found is not base:
            yield from {name for name in dir(found) if name[0] != "_"} - set(dir(base))


if __name__ == "__main__":
    FILE.write_text(json.dumps(operations(), indent=0) + "\n", encoding="utf-8")
