"""The embedded engine: Step Functions, SQS and Lambda functions in this process, without AWS.

moto's interpreter runs the definitions; what it lacks is answered here, at the HTTP edge. What
can't be answered is refused with a clear error. moto is imported while an engine starts, not
before: it costs seconds.
"""

from .engine import Engine, embedded_engine
from .errors import EngineError

__all__ = ["Engine", "EngineError", "embedded_engine"]
