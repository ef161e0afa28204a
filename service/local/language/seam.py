"""A place in moto, and what stands there while an engine runs."""

from typing import Any

Seam = tuple[Any, str, Any]
"""The owner (a class or a module), the attribute's name, the attribute."""
