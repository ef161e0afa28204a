"""When two JSON texts mean the same: the order of keys and blanks aside, nothing else. 1 is neither
true nor 1.0."""

from pydantic_core import from_json, to_json

from .models import Json


def canonical(text: str) -> bytes:
    """One spelling for all texts of the same value. What isn't JSON stands for itself."""
    try:
        return to_json(_sorted(from_json(text)))
    except (ValueError, TypeError):  # TypeError: half a surrogate pair
        return text.encode(errors="surrogatepass")


def same_json(one: str, other: str) -> bool:
    return one == other or canonical(one) == canonical(other)


def _sorted(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value
