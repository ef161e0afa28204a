"""Which account and region this service works in."""

from service.aws.calls import AwsCalls
from service.aws.clients import Clients
from service.core.models import Account


async def account(clients: Clients, calls: AwsCalls) -> Account:
    """From any state machine's ARN, else from STS. Raises Unavailable, UpstreamRefused."""
    listing = clients.sfn.list_state_machines(maxResults=1)
    answer = await calls.call("ListStateMachines", listing)
    for machine in answer["stateMachines"]:
        return Account.of(machine["stateMachineArn"])
    arn = await calls.call("GetCallerIdentity", clients.caller_identity())
    _, partition, _, _, account_id, *_ = arn.split(":")
    return Account(partition, clients.region, account_id)
