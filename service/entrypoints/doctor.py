"""Runs `handrail doctor`: gathers the facts, a few calls at once and each within a limit of its
own, and has them judged. Nothing is written anywhere."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from handrail.aws.clients import open_clients
from handrail.aws.diagnosis.asking import LIMIT_S, Answered, Asking
from handrail.aws.diagnosis.dry_calls import Targets
from handrail.aws.diagnosis.permission_facts import Inquiry, find_evidence
from handrail.aws.diagnosis.resource_facts import (
    FoundMachines,
    FoundStream,
    credentials_from,
    find_machines,
    find_queue,
    find_quotas,
    find_stream,
    find_subscriptions,
    find_table,
    machine_targets,
)
from handrail.aws.dynamodb.table import INDEX
from handrail.core.bus_address import BusAddress
from handrail.core.diagnosis.aws_reach import ReachFacts, judge_reach
from handrail.core.diagnosis.aws_uses import ResourceKind, WayIn, uses_of
from handrail.core.diagnosis.bus_facts import judge_bus
from handrail.core.diagnosis.call_quotas import CHECK as QUOTAS
from handrail.core.diagnosis.call_quotas import QuotaFacts, judge_quotas
from handrail.core.diagnosis.callback_queue_facts import judge_callback_queue
from handrail.core.diagnosis.diagnoses import Diagnosis, Verdict
from handrail.core.diagnosis.event_stream import judge_stream
from handrail.core.diagnosis.machine_logs import (
    judge_logs,
    judge_machines,
    judge_subscriptions,
    judge_traces,
    judge_trigger,
)
from handrail.core.diagnosis.permissions import judge_permissions
from handrail.core.diagnosis.resource_arns import OtherResources, resource_arns
from handrail.core.diagnosis.socket_storage import judge_queue, judge_table
from handrail.core.errors import SettingsError
from handrail.core.machine_patterns import EVERY_MACHINE, MachinePatterns
from handrail.core.models import Account, MachineType
from handrail.core.partitions import partition_of
from handrail.entrypoints.compose_aws import aws_config
from handrail.entrypoints.compose_limits import is_aws
from handrail.entrypoints.issuer_check import judge_issuer
from handrail.entrypoints.message_targets import (
    MESSAGES,
    callbacks_of,
    found_callbacks,
    news_targets,
)
from handrail.entrypoints.settings_check import judge_settings, refused
from handrail.settings import Settings
from handrail.usecases.trigger import trigger_function, trigger_machine

EXPIRES_BY = "expires_at"
LOG_GROUP = ":log-group:"


@dataclass(frozen=True, slots=True)
class DoctorReport:
    """`reached` is whether AWS, or what stands in its place, was."""

    diagnoses: list[Diagnosis]
    reached: bool

    @property
    def missing(self) -> bool:
        return any(each.verdict is Verdict.MISSING for each in self.diagnoses)


async def diagnose(
    settings: Settings,
    *,
    only: MachinePatterns = EVERY_MACHINE,
    host: str,
    aws_itself: bool | None = None,
    limit_s: float = LIMIT_S,
) -> DoctorReport:
    """`only` says which state machines are meant; `host` is the address that the
    service listens on; `aws_itself` whether what is asked is AWS, by the endpoint's name if None.
    Raises nothing for what is missing: the report says it."""
    found, issuer, bus = await asyncio.gather(
        judge_settings(settings, host), judge_issuer(settings), _bus(settings)
    )
    config = replace(aws_config(settings), max_attempts=1)
    try:
        async with open_clients(config) as clients:
            if aws_itself is None:
                aws_itself = is_aws(clients.sfn.meta.endpoint_url)
            asking = Asking(clients, limit_s=limit_s)
            visit = _Visit(settings, asking, aws_itself=aws_itself, only=only)
            of_aws, reached = await visit.diagnoses()
    except SettingsError as error:
        of_aws, reached = [refused(str(error))], True
    return DoctorReport([*found, *issuer, *of_aws, *bus], reached)


async def _bus(settings: Settings) -> list[Diagnosis]:
    if settings.bus_url is None:
        return []
    from handrail.bus.server_facts import find_bus  # noqa: PLC0415 redis: a fifth of a second

    address = BusAddress.parse(settings.bus_url.get_secret_value())
    return list(judge_bus(await find_bus(address)))


@dataclass(frozen=True, slots=True)
class _Visit:
    """One visit to AWS, or to what stands in its place."""

    settings: Settings
    asking: Asking
    aws_itself: bool
    only: MachinePatterns

    async def diagnoses(self) -> tuple[list[Diagnosis], bool]:
        """And whether AWS was reached."""
        identity, machines = await asyncio.gather(
            self.asking.ask("sts", "GetCallerIdentity"), find_machines(self.asking, self.only)
        )
        reach = await self._reach(identity, machines)
        known = list(judge_reach(reach))
        if not reach.usable:
            return known, reach.reached
        checks = await asyncio.gather(
            self._permissions(reach, machines),
            self._logs(machines),
            self._quotas(),
            self._storage(),
        )
        of_machines = list(self._machines(reach, machines))
        return [*known, *of_machines, *(each for some in checks for each in some)], True

    async def _reach(self, identity: Answered, machines: FoundMachines) -> ReachFacts:
        clients = self.asking.clients
        return ReachFacts(
            region=clients.region,
            regions=await clients.known_regions(),
            endpoint=_shown(clients.sfn.meta.endpoint_url),
            own_endpoint=not self.aws_itself,
            method=await credentials_from(self.asking),
            role_arn=self.settings.role_arn,
            identity=identity.outcome,
            listing=machines.listing,
            caller_arn=identity.answer.get("Arn"),
            ahead_s=self.asking.ahead_s,
        )

    def _machines(self, reach: ReachFacts, found: FoundMachines) -> Iterator[Diagnosis]:
        if not found.listing.answered:
            return
        stage, trigger = self.settings.environment, trigger_machine(self.settings.environment)
        yield from judge_machines(
            found.machines, region=reach.region, only=self.only.patterns, left_out=found.left_out
        )
        if self.settings.trigger == "start" and self.only.match(trigger):
            yield from judge_trigger(found.names, trigger, stage=stage)
        if self.settings.traces and self.aws_itself:
            yield from judge_traces(found.machines)

    async def _permissions(self, reach: ReachFacts, found: FoundMachines) -> list[Diagnosis]:
        """And of the stream and the queue of callbacks, which are asked about by the way."""
        name = self.settings.events_stream
        stream = None if name is None else await find_stream(self.asking, name)
        account = _account(reach.region, reach.caller_arn, found)
        queue = await found_callbacks(self.settings, self.asking)
        dead_letters = None if queue is None else queue.dead_letters
        told = news_targets(self.settings, account)
        others = replace(self._others(), dead_callbacks=dead_letters, news=told)
        targets = await self._targets(account, found, stream, others)
        asked = Inquiry(self.asking, targets, self.aws_itself, reach.caller_arn)
        there = self._kinds(found) - MESSAGES | (MESSAGES & targets.arns.keys())
        evidence = await find_evidence(asked, uses_of(self._ways(), there))
        resources = resource_arns(account, self.only.patterns, others)
        of_stream = [] if stream is None else judge_stream(stream.facts)
        of_queue = [] if queue is None else judge_callback_queue(queue)
        return [*judge_permissions(evidence, resources), *of_stream, *of_queue]

    def _ways(self) -> frozenset[WayIn]:
        """A Lambda function says which it is; else both, where API Gateway's sockets are set up."""
        settings = self.settings
        if settings.preload:
            return frozenset({WayIn(settings.preload)})
        live = {WayIn.LIVE} if settings.socket_endpoint else set()
        return frozenset({WayIn.HTTP, *live})

    def _kinds(self, found: FoundMachines) -> frozenset[ResourceKind]:
        """What there is to be allowed something on."""
        settings, kind = self.settings, ResourceKind
        types = {each.type for each in found.machines}
        there = {
            kind.EXPRESS_MACHINE: MachineType.EXPRESS in types,
            kind.MAP_RUN: any(each.distributed for each in found.machines),
            kind.TABLE: settings.table is not None,
            kind.TABLE_INDEX: settings.table is not None,
            kind.QUEUE: settings.queue_url is not None,
            kind.STREAM: settings.events_stream is not None,
            kind.FUNCTION: settings.trigger == "lambda",
            kind.SOCKETS: settings.socket_endpoint is not None,
        }
        return frozenset(each for each in kind if there.get(each, True))

    async def _targets(
        self,
        account: Account,
        found: FoundMachines,
        stream: FoundStream | None,
        others: OtherResources,
    ) -> Targets:
        of_machines, settings = await machine_targets(self.asking, account, found), self.settings
        return replace(
            of_machines,
            arns=resource_arns(account, of_machines.names, others),
            table=settings.table,
            index=INDEX,
            function=others.function,
            sockets=settings.socket_endpoint,
            stream=None if stream is None else stream.target,
        )

    def _others(self) -> OtherResources:
        settings = self.settings
        return OtherResources(
            table=settings.table,
            index=INDEX,
            queue_url=settings.queue_url,
            callbacks=callbacks_of(settings),
            stream=settings.events_stream,
            function=trigger_function(settings.environment),
            socket_endpoint=settings.socket_endpoint,
        )

    async def _logs(self, found: FoundMachines) -> list[Diagnosis]:
        """Nothing where no stream is set: state machines are polled then, whatever they log."""
        stream = self.settings.events_stream
        if stream is None:
            return []
        groups = {
            arn.partition(LOG_GROUP)[2].removesuffix(":*")
            for each in found.machines
            if (arn := each.logging.log_group_arn) is not None
        }
        subscribed = await find_subscriptions(self.asking, groups)
        own = not self.aws_itself
        sent = judge_subscriptions(subscribed, stream, own_endpoint=own)
        return [*judge_logs(found.machines), *sent]

    async def _quotas(self) -> list[Diagnosis]:
        if not self.aws_itself:
            return [Diagnosis(QUOTAS, Verdict.NOT_CHECKED, "only AWS itself has them")]
        settings = self.settings
        asked, values = await find_quotas(self.asking)
        facts = QuotaFacts(asked, values, settings.live_reads_per_s, settings.live_reads_burst)
        return list(judge_quotas(facts))

    async def _storage(self) -> list[Diagnosis]:
        settings, found = self.settings, list[Diagnosis]()
        if settings.table is not None:
            table = await find_table(self.asking, settings.table)
            index = INDEX if settings.socket_endpoint or settings.notify else None
            found += judge_table(table, index=index, expires_by=EXPIRES_BY)
        if settings.queue_url is not None:
            found += judge_queue(await find_queue(self.asking, settings.queue_url))
        return found


def _account(region: str, caller_arn: str | None, found: FoundMachines) -> Account:
    """As the first ARN says; any account's where none is known."""
    for machine in found.machines:
        return Account.of(machine.arn)
    if caller_arn is None:
        return Account(partition_of(region), region, "*")
    _, partition, _, _, account_id, *_ = caller_arn.split(":")
    return Account(partition, region, account_id)


def _shown(url: str) -> str:
    """Without what may be a password."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
