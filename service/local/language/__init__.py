"""The Amazon States Language as AWS runs it, where moto's interpreter does otherwise.

Each module lists the `SEAMS` it needs: what stands in which place of moto while an engine runs.
"""

from . import (
    assigning,
    choices,
    comparing,
    definitions,
    failures,
    integrations,
    intrinsics,
    map_runs,
    names,
    paths,
    shapes,
    threads,
    values,
)
from .seam import Seam, standing

__all__ = ["SEAMS", "Seam", "standing"]

SEAMS: tuple[Seam, ...] = (
    *definitions.SEAMS,
    *names.SEAMS,
    *failures.SEAMS,
    *choices.SEAMS,
    *values.SEAMS,
    *map_runs.SEAMS,
    *paths.SEAMS,
    *intrinsics.SEAMS,
    *shapes.SEAMS,
    *assigning.SEAMS,
    *comparing.SEAMS,
    *integrations.SEAMS,
    *threads.SEAMS,
)
