"""Says what is missing for the news that is asked for."""

from collections.abc import Collection, Iterable, Iterator

from handrail.core.access.outbound_addresses import PrivateAllowance
from handrail.core.machine_patterns import EVERY_MACHINE, MachinePatterns

from .news_kinds import WAITING, state_and_verb
from .notify_entries import SETTING
from .subscriptions import NewsSubscription
from .targets import StartTarget, WebhookTarget

_PUBLIC_ONLY = PrivateAllowance()


def missing_for(
    subscriptions: Iterable[NewsSubscription],
    *,
    push: bool,
    store: bool,
    link_keys: bool,
    public_url: bool,
    served: MachinePatterns = EVERY_MACHINE,
    express: Collection[str] = (),
    on_lambda: bool = False,
) -> list[str]:
    """A sentence for each thing that is missing; a start with any is refused. `push`: events are
    pushed; `store`: there is a table, a bus, or an engine in this process; `express`: the names of
    Express state machines."""
    subscriptions = list(subscriptions)
    if not subscriptions:
        return []
    if on_lambda:
        return [*_on_lambda(subscriptions)]
    found = []
    if not store:
        found.append(
            "News may wait a day for its receiver, and outlives the process that made it:"
            f" {_places(subscriptions)} needs HANDRAIL_TABLE or HANDRAIL_BUS_URL."
        )
    for subscription in subscriptions:
        found += _of_one(
            subscription, push=push, link_keys=link_keys, public_url=public_url, served=served
        )
        found += _of_express(subscription, express)
    return found


def plain_urls(subscriptions: Iterable[NewsSubscription], private: PrivateAllowance) -> list[str]:
    """A sentence for each webhook that goes over HTTP without TLS to a host that isn't allowed to
    be private: anybody on its way could read it. A start with any is refused."""
    return [
        f"{each.place} has a url of http: write https, or name its host in HANDRAIL_NEWS_PRIVATE."
        for each in subscriptions
        if isinstance(target := each.target, WebhookTarget)
        and target.shown.startswith("http:")
        and not _may_be_private(target, private)
    ]


def needs_push(kind: str) -> bool:
    """Whether only the events themselves tell it, and no list of executions."""
    return kind == WAITING or state_and_verb(kind) is not None or kind == "redriven"


def left_out(subscriptions: Iterable[NewsSubscription], express: Collection[str]) -> list[str]:
    """A sentence for each Express state machine that a pattern meets, of which nothing is told."""
    return [
        f"{each.place} meets the Express state machine {name}, of which no news is told: its"
        " history can't be read again."
        for each in subscriptions
        for name in sorted(express)
        if name not in each.machines.patterns and each.machines.match(name)
    ]


def _of_one(
    subscription: NewsSubscription,
    *,
    push: bool,
    link_keys: bool,
    public_url: bool,
    served: MachinePatterns,
) -> Iterator[str]:
    place = subscription.place
    if not push and (pushed := next(filter(needs_push, subscription.on.kinds), None)) is not None:
        yield (
            f"{place} asks for {pushed}, which is known of executions that nobody watches only"
            " where events are pushed: set HANDRAIL_EVENTS_STREAM."
        )
    if subscription.links:
        wanted = ("HANDRAIL_LINK_KEYS", link_keys), ("HANDRAIL_PUBLIC_URL", public_url)
        if missing := " and ".join(name for name, there in wanted if not there):
            yield f"{place} sends signed links: set {missing}."
    target = subscription.target
    if isinstance(target, StartTarget) and not served.match(target.machine):
        yield (
            f"{place} starts {target.machine}, which this service isn't for:"
            " HANDRAIL_MACHINES doesn't name it."
        )


def _of_express(subscription: NewsSubscription, express: Collection[str]) -> Iterator[str]:
    for name in sorted(set(subscription.machines.patterns) & set(express)):
        yield (
            f"{subscription.place} asks for news of {name}, an Express state machine: its history"
            " can't be read again, so that news could be lost."
        )


def _may_be_private(target: WebhookTarget, private: PrivateAllowance) -> bool:
    """Whether the operator allows this host: by its name, or as an address of a network."""
    host = target.host
    return private.names(host) or (private.allows(host) and not _PUBLIC_ONLY.allows(host))


def _on_lambda(subscriptions: list[NewsSubscription]) -> Iterator[str]:
    """What a `machine.json` asks for may be sent by others, and is said elsewhere."""
    if asked := [each for each in subscriptions if each.place.startswith(SETTING)]:
        yield (
            f"A Lambda function sends no news, since it is frozen between its events:"
            f" {_places(asked)} needs a container; HANDRAIL_NEWS=off says that one sends it."
        )


def _places(subscriptions: Iterable[NewsSubscription]) -> str:
    places = [each.place for each in subscriptions]
    return places[0] if len(places) == 1 else f"{places[0]} and {len(places) - 1} more"
