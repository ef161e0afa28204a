"""Invokes Lambda functions: the adapter of `ports.Functions`."""

from handrail.aws.calls import AwsAdapter


class AwsFunctions(AwsAdapter):
    """Functions of the clients' account and region. The client is opened at the first call."""

    async def invoke_later(self, name: str, payload: str) -> None:
        """A lost answer is asked for again: the function may then run twice."""

        async def invoked() -> None:
            functions = await self._clients.client("lambda")
            event, body = "Event", payload.encode()
            answer = await functions.invoke(FunctionName=name, InvocationType=event, Payload=body)
            await answer["Payload"].read()  # empty; gives the connection back

        await self._calls.call("Invoke", invoked(), resource=name)
