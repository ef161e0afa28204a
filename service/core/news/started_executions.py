"""Says what `then` starts: under which name, with what input, and how deep in a chain.

The name alone tells how deep: any process that is told of the started execution knows, with nothing
stored. Of an execution `7f3c` comes `7f3c-then1-` and fourteen characters, the last five of which
check the rest; of that one comes `7f3c-then2-…`. The same news gives the same name, so that it
starts once, however often it is sent. A replay is as deep as what it replays.
"""

import re
from base64 import b32encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b

from handrail.core.errors import InvalidInput, ServiceError
from handrail.core.json_grammar import members
from handrail.core.json_text import exact, json_bytes, text_of
from handrail.core.limits import check_payload
from handrail.core.models import Account, ExecutionId, Json, rfc3339, to_ms
from handrail.core.replay_names import LONGEST_REPLAYED, replayed_by

from .deliveries import DeliveryFailed
from .news import News
from .news_kinds import state_and_verb
from .subscriptions import NewsSubscription
from .targets import StartTarget
from .then_expressions import evaluated

NONCE, CHECK = 9, 5
LONGEST_HEAD = LONGEST_REPLAYED - len("-then99-") - NONCE - CHECK
_NAME = re.compile(rf"(.+)-then([1-9][0-9]?)-([a-z2-7]{{{NONCE}}})([a-z2-7]{{{CHECK}}})", re.DOTALL)


@dataclass(frozen=True, slots=True)
class StartOrder:
    """`input` is JSON text. The same news gives the same name."""

    name: str
    input: str = field(repr=False)


def depth_of(execution: ExecutionId) -> int:
    """How many executions started one another by `then` to come to this one; 0 for one that
    somebody else started."""
    while (replayed := replayed_by(execution)) is not None:
        execution = replayed
    found = _parts(execution)
    return 0 if found is None else found[1]


def started_name(news: News, subscription: str, machine: str) -> str:
    """What an execution of this machine is called that this news starts for the subscription."""
    source, depth = news.execution, depth_of(news.execution) + 1
    found = _parts(source)
    head = (source.name if found is None else found[0])[:LONGEST_HEAD]
    seed = f"{source}\n{news.event_id}\n{to_ms(news.at)}\n{subscription}"
    nonce = _letters(NONCE, seed)
    return f"{head}-then{depth}-{nonce}{_check(machine, head, depth, nonce)}"


def start_body(
    news: News, target: StartTarget, subscription: NewsSubscription, account: Account, deepest: int
) -> str:
    """The body of a delivery that starts an execution with an evaluated input: what `read_start`
    reads, or why there is none."""
    name = started_name(news, subscription.id, target.machine)
    try:
        input = _input(news, target.input, subscription, account)
    except ServiceError as error:
        return _problem(f"The input of {target.machine} can't be made: {error.detail}")
    return ordered(news, name, input, deepest)


def ordered(news: News, name: str, input: str, deepest: int) -> str:
    """A start's body; it says why there is none where the chain is deeper than `deepest`."""
    if (depth := depth_of(news.execution) + 1) > deepest:
        return _problem(
            f"It would be number {depth} of a chain of executions that start one another,"
            f" and HANDRAIL_THEN_DEPTH is {deepest}."
        )
    return f'{{"name":{json_bytes(name).decode()},"input":{input}}}'


def read_start(body: str) -> StartOrder:
    """From the body of a delivery to a StartTarget. Raises DeliveryFailed, a final one, where its
    input couldn't be evaluated, or the chain is too deep."""
    found = {name: body[span] for name, span in members(body)}
    if "problem" in found:
        raise DeliveryFailed(exact(found["problem"]), final=True)
    return StartOrder(exact(found["name"]), found["input"].strip())


def _problem(why: str) -> str:
    return json_bytes({"problem": why}).decode()


def _input(news: News, template: Json, subscription: NewsSubscription, account: Account) -> str:
    asked_for = subscription.on.matching(news.kinds)
    value = evaluated(template, _states(news, asked_for, account), news.at)
    try:
        text = text_of(value)
    except (ValueError, RecursionError):  # somebody's payload may nest as deep as they like
        raise InvalidInput("it nests too deep") from None
    return check_payload("input", text)


def _states(news: News, kinds: tuple[str, ...], account: Account) -> Mapping[str, Json]:
    """`$states`, as a state's fields have it: members without a value are missing."""
    states: dict[str, Json] = {"context": _context(news, kinds, account)}
    for name, text in (("input", news.input), ("output", news.output)):
        if text is not None:
            states[name] = _read(name, text)
    error, cause = news.failure_of(kinds)
    if error is not None or cause is not None:
        states["errorOutput"] = {"Error": error or "", "Cause": cause or ""}
    return states


def _read(name: str, text: str) -> Json:
    try:
        return exact(text)
    except ValueError:
        raise InvalidInput(f"the execution's {name} can't be read") from None


def _context(news: News, kinds: tuple[str, ...], account: Account) -> Mapping[str, Json]:
    """The context object's members that an execution has from outside.
    https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html"""
    arn = account.execution_arn(news.execution)
    machine = arn.replace(":execution:", ":stateMachine:", 1).rpartition(":")[0]
    context: dict[str, Json] = {
        "Execution": {
            "Id": arn,
            "Name": news.execution.name,
            "RedriveCount": news.redrive_count,
            "StartTime": rfc3339(news.started_at),
            "Status": news.status.value,
        },
        "StateMachine": {"Id": machine, "Name": news.execution.machine},
    }
    if (state := news.task or next(filter(None, map(_state, kinds)), None)) is not None:
        context["State"] = {"Name": state}
    return context


def _state(kind: str) -> str | None:
    found = state_and_verb(kind)
    return None if found is None else found[0]


def _parts(execution: ExecutionId) -> tuple[str, int] | None:
    """The head and the depth in a name of ours, None for any other."""
    found = _NAME.fullmatch(execution.name)
    if found is None or execution.label or execution.run:
        return None
    head, depth, nonce, check = found[1], int(found[2]), found[3], found[4]
    return (head, depth) if check == _check(execution.machine, head, depth, nonce) else None


def _check(machine: str, head: str, depth: int, nonce: str) -> str:
    return _letters(CHECK, f"{machine}\n{head}\n{depth}\n{nonce}")


def _letters(count: int, text: str) -> str:
    drawn = blake2b(text.encode(errors="surrogatepass"), digest_size=10).digest()
    return b32encode(drawn).decode().lower()[:count]
