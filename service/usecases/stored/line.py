"""One line to each socket: what is said on it, and how it ends."""

from service.core.closing import CloseCode
from service.core.errors import ConnectionGone
from service.core.messages import Message
from service.core.notices import closing
from service.core.stored import Connections, Posts


class Line:
    def __init__(self, posts: Posts, connections: Connections) -> None:
        self._posts = posts
        self._connections = connections

    async def say(self, connection: str, message: Message) -> None:
        """Raises ConnectionGone, PayloadTooLarge."""
        await self._posts.post(connection, message.text)

    async def end(self, connection: str, code: CloseCode, reason: str) -> None:
        """Say why, cut, and forget, in this order: where it stops half-way, the connection is still
        known, and is ended once more by whoever comes next."""
        try:
            await self.say(connection, closing(code, reason))
        except ConnectionGone:
            await self.forget(connection)
            return
        await self._posts.disconnect(connection)
        await self.forget(connection)

    async def cut(self, connection: str) -> None:
        """End a socket nothing is known of."""
        await self._posts.disconnect(connection)

    async def forget(self, connection: str) -> None:
        """It is gone."""
        await self._connections.close(connection)
