"""Takes numbers as Python, JavaScript and others write small ones: 1e-07."""

import re
from collections.abc import Callable
from typing import Any

from .patches import Fault, wraps

FAULT = Fault(
    moto="Moto's grammar can't read a number whose exponent begins with a zero, such as 1e-07.",
    since="5.0.16 or earlier",
    aws="It is JSON.",
    known="RFC 8259.",
)
_TEXT_OR_ZEROS = re.compile(r'"(?:[^"\\]|\\.)*"|(?<=\d)([eE][+-]?)0+(?=\d)')


@wraps("parse.asl_parser:InputStream")
def read_exponents(original: Callable[[str], Any], data: str) -> Any:
    """The same numbers, without the zeros: the last thing done before the grammar reads."""
    return original(_TEXT_OR_ZEROS.sub(lambda found: found[1] or found[0], data))
