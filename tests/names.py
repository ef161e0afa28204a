"""Names of executions and state machines, with every kind of character that AWS takes."""

from hypothesis import strategies as st

from handrail.core.limits import MAX_NAME, REFUSED_IN_NAMES

ODD = (
    ".",
    "..",
    "...",
    "-",
    "--help",
    "a.b.c",
    "+",
    "a+b=c",
    "@you!",
    "it's(1)",
    "_",
    "0",
    "None",
    "latest",
    "caf\u00e9",
    "cafe\u0301",
    "\u4e2d\u6587",
    "\u05e9\u05dc\u05d5\u05dd",
    "zero\u200bwidth",
    "\N{GRINNING FACE}",
    "\N{FAMILY}" * MAX_NAME,
    "x" * MAX_NAME,
)

CHARACTERS = st.characters(exclude_categories=["Cs"]).filter(
    lambda character: not REFUSED_IN_NAMES.search(character)
)
NAMES = st.text(CHARACTERS, min_size=1, max_size=MAX_NAME)
