"""Tells whether two JSON texts mean the same but for blanks and the order of keys."""

import json


def canonical(text: str) -> bytes:
    """One spelling for all texts of a value (1 is not 1.0). What isn't JSON stands for itself."""
    try:
        return json.dumps(json.loads(text), sort_keys=True).encode()
    except (ValueError, RecursionError):
        return text.encode(errors="surrogatepass")


def same_json(one: str, other: str) -> bool:
    return one == other or canonical(one) == canonical(other)
