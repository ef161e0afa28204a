"""Composes the limits of watching, and the links that are shown beside what is watched."""

from dataclasses import replace
from urllib.parse import urlsplit

from handrail.aws.clients import Clients
from handrail.core.pacing import Pace
from handrail.core.protocol.paths import Addresses, callback_path
from handrail.settings import Settings
from handrail.usecases.catalogue import Catalogue
from handrail.usecases.live import LiveLimits
from handrail.usecases.live.express_histories import ExpressHistories
from handrail.usecases.signed_links import linker
from handrail.usecases.traces import TraceContexts


def live_limits(
    settings: Settings, prefix: str | None = None, *, promises: bool = True
) -> LiveLimits:
    base = (settings.public_url or "").rstrip("/")
    prefix = urlsplit(base).path if prefix is None else prefix
    before = base or prefix
    offered = linker(
        settings.keyring,
        ttl_s=settings.link_ttl_s,
        url_of=lambda signed: f"{before}{callback_path(signed)}",
    )
    return LiveLimits(
        pace=Pace(settings.live_poll_min_s, settings.live_poll_max_s),
        linger_s=settings.live_linger_s,
        log_bytes=settings.live_log_bytes,
        memory_bytes=settings.live_memory_bytes,
        looked_for_s=settings.live_lag_s,
        max_watchers=settings.live_max_watchers,
        principal_watches=settings.principal_watches,
        principal_reads_per_s=settings.principal_reads_per_s,
        addresses=Addresses(
            offered if settings.offer_links else None,
            settings.socket_url,
            prefix,
            signs=bool(settings.keyring),
        ),
        patience_s=settings.request_timeout_s / 3,
        promises=promises,
    )


def with_console(limits: LiveLimits, clients: Clients, catalogue: Catalogue) -> LiveLimits:
    """The same, with links to AWS's console where executions live in AWS."""
    if not is_aws(clients.sfn.meta.endpoint_url):
        return limits
    addresses = replace(limits.addresses, account=catalogue.known_account)
    return replace(limits, addresses=addresses)


def is_aws(endpoint_url: str) -> bool:
    """Whether this is AWS itself, whose console shows what lives there."""
    host = urlsplit(endpoint_url).hostname or ""
    return host.endswith((".amazonaws.com", ".amazonaws.com.cn", ".api.aws"))


def showing(limits: LiveLimits, express: ExpressHistories, traces: TraceContexts) -> LiveLimits:
    """The same, with what is pushed of Express executions, and the traces that are known."""
    addresses = replace(limits.addresses, express=express.shows, trace=traces.known)
    return replace(limits, addresses=addresses)
