"""Judges the settings by themselves, by what the service itself refuses at its start, and by what
it would start with and be sorry for."""

import re
from collections.abc import Callable, Iterable, Iterator
from importlib.util import find_spec

from handrail.auth.setup import open_authentication, refuse_exposure
from handrail.clock import SystemClock
from handrail.core.access.origins import is_loopback
from handrail.core.diagnosis.diagnoses import Diagnosis, Verdict
from handrail.core.errors import InvalidDefinition, SettingsError
from handrail.core.models import Account
from handrail.entrypoints.notified import (
    ANY_ACCOUNT,
    OTHERS_SEND,
    refuse_frozen_news,
    refuse_incomplete,
    subscriptions_by,
)
from handrail.settings import Settings, variable_of
from handrail.telemetry.tracing import MISSING, collector
from handrail.usecases import machine_sources
from handrail.usecases.machine_folder import MachineFolder

CHECK = "settings"
BALANCER_IDLE_S = 60
"""An Application Load Balancer's idle timeout unless it is set."""
STOPPED_AFTER_S = 30
"""ECS and Kubernetes kill what still runs then, unless they are told otherwise."""
_NAMED = re.compile(r"([A-Z][A-Z_]+): ")
_MENDS = {
    "region": "AWS_REGION=eu-west-1, or `aws configure set region eu-west-1`",
    "profile": "AWS_PROFILE=… of those that `aws configure list-profiles` names",
}
"""By a word of what AWS's SDK says."""


def _installed(module: str) -> bool:
    return find_spec(module) is not None


async def judge_settings(
    settings: Settings, host: str, *, installed: Callable[[str], bool] = _installed
) -> list[Diagnosis]:
    """`host` is the address that the service listens on, `installed` whether a module is there."""
    found = [refused(text) for text in await _refusals(settings, host)]
    if settings.traces and not installed("opentelemetry.sdk"):
        found.append(Diagnosis(CHECK, Verdict.MISSING, MISSING, 'pip install "handrail[otel]"'))
    if settings.traces:
        try:
            collector()
        except SettingsError as error:
            found.append(refused(str(error)))
    found += [refused(text) for text in _half_set(settings)]
    found += _of_news(settings)
    if not is_loopback(host):
        found += _before_others(settings)
    return found or [Diagnosis(CHECK, Verdict.OK, f"the service takes them, listening on {host}")]


def refused(text: str) -> Diagnosis:
    """From one part of a SettingsError's text, mostly `HANDRAIL_NAME: what is wrong`."""
    if named := _NAMED.match(text):
        return Diagnosis(CHECK, Verdict.MISSING, text, f"{named[1]}=…")
    mend = next((mend for words, mend in _MENDS.items() if words in text), None)
    return Diagnosis(CHECK, Verdict.MISSING, text, mend)


def refused_all(text: str) -> list[Diagnosis]:
    """From the whole of it, one for each variable."""
    return [refused(part) for part in re.split(r"; (?=[A-Z_]+: )", text)]


async def _refusals(settings: Settings, host: str) -> list[str]:
    texts = []
    try:
        refuse_exposure(settings, host)
    except SettingsError as error:
        texts.append(str(error))
    try:
        async with open_authentication(settings, SystemClock()):
            pass
    except SettingsError as error:
        texts.append(str(error))
    return texts


def _half_set(settings: Settings) -> Iterator[str]:
    """API Gateway's sockets need all three; a table alone is for tickets."""
    needed = {name: getattr(settings, name) for name in ("table", "queue_url", "socket_endpoint")}
    if settings.queue_url is None and settings.socket_endpoint is None:
        return
    for name, value in needed.items():
        if value is None:
            yield f"{variable_of(name)}: needed for sockets that API Gateway holds"


def _of_news(settings: Settings) -> Iterator[Diagnosis]:
    """What the start refuses of what is to be told to others, or comes from EventBridge."""
    try:
        folders = machine_sources.load(settings.state_machines_dir)
        if settings.preload:  # a function, which is frozen between its events
            refuse_frozen_news(settings, ())
            yield from _left_to_others(settings, folders)
        elif settings.news == "on":
            account = Account("aws", "us-east-1", ANY_ACCOUNT)
            refuse_incomplete(settings, subscriptions_by(settings, folders, account), folders)
    except (SettingsError, InvalidDefinition) as error:
        yield refused(str(error))
    if settings.preload and settings.events_secret is not None:
        text = "status changes come by the queue on Lambda (deploy/events.yaml); unset it"
        yield refused(f"{variable_of('events_secret')}: {text}")


def _left_to_others(settings: Settings, folders: Iterable[MachineFolder]) -> Iterator[Diagnosis]:
    asking = [folder.file.name for folder in folders if folder.file.notify]
    if asking and settings.news == "on":
        text = f"a Lambda function doesn't send the news of {', '.join(asking)}"
        yield Diagnosis(CHECK, Verdict.WARNING, text, OTHERS_SEND)


def _before_others(settings: Settings) -> Iterator[Diagnosis]:
    """Where clients come from elsewhere, a load balancer between."""
    if settings.public_url is not None and settings.public_url.startswith("http://"):
        text = "HANDRAIL_PUBLIC_URL is http: links and keys cross the network in the clear"
        yield Diagnosis(CHECK, Verdict.WARNING, text, "HANDRAIL_PUBLIC_URL=https://…")
    if settings.allow_unauthenticated and not settings.auth_ways:
        text = "everybody who reaches the service may do everything"
        yield Diagnosis(CHECK, Verdict.WARNING, text, "HANDRAIL_AUTH=api-key")
    if settings.keep_alive_s <= BALANCER_IDLE_S:
        text = (
            f"connections close after {settings.keep_alive_s:g} s at rest, before a load balancer"
            f" lets go of them ({BALANCER_IDLE_S} s by default): some requests then hear 502"
        )
        mend = f"HANDRAIL_KEEP_ALIVE_S={BALANCER_IDLE_S + 15}, above the balancer's idle timeout"
        yield Diagnosis(CHECK, Verdict.WARNING, text, mend)
    ends_in_s = settings.drain_delay_s + settings.drain_window_s + settings.graceful_timeout_s + 3
    if ends_in_s > STOPPED_AFTER_S:
        text = f"it may take {ends_in_s:g} s to end, and is killed after {STOPPED_AFTER_S} s"
        mend = (
            f"StopTimeout: {ends_in_s + 5:.0f} (ECS),"
            f" terminationGracePeriodSeconds: {ends_in_s + 5:.0f} (Kubernetes)"
        )
        yield Diagnosis(CHECK, Verdict.WARNING, text, f"{mend}, unless it is set already")
