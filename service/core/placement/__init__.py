"""Where a state puts its task token: a template read backwards.

`placement(state)` reads a Task's Parameters (JSONPath) or Arguments (JSONata) into a small tree
of `nodes`; `tree.extract(value)` walks what AWS really sent along that tree and finds the token.
"""

from .nodes import Node
from .templates import placement

__all__ = ["Node", "placement"]
