"""Makes moto's interpreter run the Amazon States Language as AWS does: every patch of moto.

Each module declares the patches of one part of the language; importing this package collects them
in `PATCHES`.
"""

# ruff: noqa: F401 the modules are imported for what they declare

from service.engine.moto_patches import jsonata_evaluator

from . import (
    choices,
    definitions,
    failures,
    integrations,
    interpreter_threads,
    intrinsic_functions,
    values,
)
from .patches import PATCHES, installed

__all__ = ["PATCHES", "installed"]
