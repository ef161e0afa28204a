"""Makes moto's interpreter run the Amazon States Language as AWS does: every patch of moto.

Each module declares the patches of one part of the language; importing this package collects them
in `PATCHES`.
"""

from service.local import queries  # noqa: F401 as below

from . import choices, definitions, failures, integrations, intrinsics, paths  # noqa: F401
from . import threads, values  # noqa: F401
from .seam import PATCHES, Patch, installed

__all__ = ["PATCHES", "Patch", "installed"]
