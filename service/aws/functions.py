"""Invoking Lambda functions: the adapter of `ports.Functions`."""

from service.aws.calls import AwsCalls
from service.aws.clients import Clients


class AwsFunctions:
    """Functions of the clients' account and region. The client is opened at the first call."""

    def __init__(self, clients: Clients, calls: AwsCalls) -> None:
        self._clients = clients
        self._calls = calls

    async def invoke_later(self, name: str, payload: str) -> None:
        """A lost answer is asked for again: the function may then run twice."""
        await self._calls.call("Invoke", self._invoked(name, payload), resource=name)

    async def _invoked(self, name: str, payload: str) -> None:
        functions = await self._clients.functions()
        answer = await functions.invoke(
            FunctionName=name, InvocationType="Event", Payload=payload.encode()
        )
        await answer["Payload"].read()  # empty; gives the connection back
