"""Stores tickets, good at any replica: the adapter of `auth.tickets.TicketStore`."""

from datetime import datetime, timedelta

from handrail.aws.dynamodb.expressions import Write
from handrail.aws.dynamodb.items import expiry, read, ticket_in, ticket_key
from handrail.aws.dynamodb.table import TableAdapter
from handrail.core.access.principal_documents import principal_document
from handrail.core.access.principals import Principal
from handrail.core.models import to_ms

SPARE = timedelta(minutes=1)
"""How much longer one stays than it is good for, so that clocks may differ."""


class AwsTickets(TableAdapter):
    """One whose taking was answered and whose answer was lost is used up: it isn't given again."""

    only_here = False

    async def keep(self, digest: bytes, principal: Principal, ends_at: datetime) -> None:
        times = {"ends_at": to_ms(ends_at), "expires_at": expiry(ends_at, SPARE)}
        item = {"principal": principal_document(principal), **times}
        await self._table.write(Write.put(ticket_key(digest), item))

    async def take(self, digest: bytes) -> Principal | None:
        item = await self._table.pop(ticket_key(digest))
        found = None if item is None else read(ticket_in, item)
        if found is None:
            return None
        principal, ends_at = found
        return principal if self._clock.now() < ends_at else None
