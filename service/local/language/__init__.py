"""Makes moto's interpreter run the Amazon States Language as AWS does: every patch of moto.

Each module declares the patches of one part of the language; importing this package collects them
in `PATCHES`.
"""

# ruff: noqa: F401 the modules are imported for what they declare

from service.local import queries

from . import choices, definitions, failures, integrations, intrinsics, threads, values
from .seam import PATCHES, installed

__all__ = ["PATCHES", "installed"]
