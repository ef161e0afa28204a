"""Refuses query parameters that a route doesn't have: a misspelt option would do nothing, silently.

Pages, probes and documents pass over what they don't know, and so do signed links and webhooks:
mail programs and senders add parameters of their own to those.
"""

from quart import Quart, current_app, request
from quart_schema.validation import QUART_SCHEMA_QUERYSTRING_ATTRIBUTE
from werkzeug.datastructures import MultiDict

from handrail.core.errors import FieldError, InvalidRequest

from .access import ACCESS, METRICS, Reach

CREDENTIALS = frozenset({"ticket", "token"})
STREAM = "/stream"
"""How the routes end that take a credential in their query: an EventSource sends no headers."""

OF_ONE = frozenset({"after", "level"})  # what a socket for one execution takes besides
LONGEST_SHOWN = 80


def install_query_check(app: Quart) -> None:
    """Behind authentication: strangers are told nothing."""
    app.before_request(_check)


async def _check() -> None:
    """Raises InvalidRequest naming what the running request's route doesn't take."""
    rule = request.url_rule
    if rule is None or not request.query_string or request.method == "OPTIONS":
        return
    access = ACCESS.get(rule.rule)
    if access is None or access is METRICS or access.reach is Reach.PUBLIC:
        return
    view = current_app.view_functions[rule.endpoint]
    model = getattr(view, QUART_SCHEMA_QUERYSTRING_ATTRIBUTE, None)
    known = frozenset(model.model_fields if model is not None else ())
    taken = known | CREDENTIALS if rule.rule.endswith(STREAM) else known
    if unknown := [name for name in request.args if name not in taken]:
        detail = f"No query parameter of this request: {', '.join(map(_shown, unknown))}."
        raise InvalidRequest(detail, errors=[_error(name, known) for name in unknown])


def refused_on_socket(given: MultiDict[str, str], *, of_one: bool) -> str | None:
    """Why a socket's query can't be taken, for its close frame; None where it can."""
    taken = CREDENTIALS | OF_ONE if of_one else CREDENTIALS
    for name in given:
        if name not in taken:
            return f"No query parameter of a socket: {_shown(ascii(name))}."
        if len(given.getlist(name)) > 1:
            return f"Given more than once: {name}."
    return None


def _error(name: str, known: frozenset[str]) -> FieldError:
    alike = (each for each in known if _folded(each) == _folded(name))
    if (meant := next(alike, None)) is not None:
        return FieldError(_shown(name), f"There is none of this name. It is `{meant}`.")
    taken = ", ".join(sorted(known)) or "none"
    return FieldError(_shown(name), f"There is none of this name. This request takes: {taken}.")


def _folded(name: str) -> str:
    return name.casefold().replace("_", "").replace("-", "").removesuffix("[]")


def _shown(name: str) -> str:
    return name[:LONGEST_SHOWN]
