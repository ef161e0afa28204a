"""Imports moto's interpreter without what it takes a second to import and doesn't need: moto.ec2,
through moto.batch, of which it wants the names of a job's statuses."""

import logging
import sys
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

_WANTS_IT = (
    "moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_batch"
)


def import_interpreter() -> None:
    """moto.batch itself is imported, as a whole, by whoever asks for it afterwards."""
    spec = find_spec("moto.batch")
    if "moto.batch" in sys.modules or spec is None:
        return
    package = ModuleType("moto.batch")
    package.__path__ = list(spec.submodule_search_locations or ())
    sys.modules["moto.batch"] = package
    try:
        import_module(_WANTS_IT)
    finally:
        for name in [name for name in sys.modules if f"{name}.".startswith("moto.batch.")]:
            del sys.modules[name]


def quieten() -> None:
    """No logs of moto's, for good: its threads outlive the engine, and log that."""
    for name in ("moto", "werkzeug"):
        logger = logging.getLogger(name)
        logger.propagate = False
        if not logger.handlers:
            logger.addHandler(logging.NullHandler())
