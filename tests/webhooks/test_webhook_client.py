"""Posting to addresses that somebody configured."""

import asyncio
import socket
import ssl
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from handrail.core.access.outbound_addresses import PrivateAllowance
from handrail.core.news.deliveries import DeliveryFailed
from handrail.webhooks.resolver import ThreadPerLookUp
from handrail.webhooks.webhook_client import REFUSED, WebhookClient, open_webhooks
from tests.bus_server import write_certificate

from .conftest import LOOPBACK
from .receiver import ENDLESS, HANG, UNFINISHED, Receiver, receiving

METADATA = "169.254.169.254"


class FakeResolver(AbstractResolver):
    """Each name leads to the next of these lists of addresses, the last one from then on."""

    def __init__(self, *found: Sequence[str]) -> None:
        self.found = list(found)
        self.asked: list[str] = []

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked.append(host)
        found = self.found.pop(0) if len(self.found) > 1 else self.found[0]
        return [
            ResolveResult(hostname=host, host=at, port=port, family=family, proto=0, flags=0)
            for at in found
        ]

    async def close(self) -> None:
        """Nothing is open."""


def named(receiver: Receiver, host: str = "hooks.example.com") -> str:
    return receiver.url.replace("127.0.0.1", host)


async def refused(client: WebhookClient, url: str) -> str:
    async with asyncio.timeout(20):
        with pytest.raises(DeliveryFailed) as caught:
            await client.post(url, b"{}", {})
    assert not caught.value.final
    return caught.value.detail


async def test_a_post_says_what_it_is_and_who_sends_it(
    client: WebhookClient, receiver: Receiver
) -> None:
    answer = await client.post(
        f"{receiver.url}/hook?a=1", b'{"a": 1}', {"webhook-id": "orders:1:2"}
    )
    assert (answer.status, answer.retry_after) == (204, None)
    headers, body = receiver.requests[0]
    assert body == b'{"a": 1}'
    assert headers["Content-Type"] == "application/json"
    assert headers["User-Agent"].startswith("handrail/")
    assert headers["webhook-id"] == "orders:1:2"
    assert headers["Accept-Encoding"] == "identity"


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "127.000.000.001",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[0:0:0:0:0:ffff:7f00:0001]",
    ],
)
async def test_no_spelling_of_a_private_address_is_called(receiver: Receiver, host: str) -> None:
    async with open_webhooks(PrivateAllowance()) as client, asyncio.timeout(20):
        with pytest.raises(DeliveryFailed):
            await client.post(named(receiver, host), b"{}", {})
    assert receiver.requests == []


async def test_a_refusal_says_what_allows_it(receiver: Receiver) -> None:
    async with open_webhooks(PrivateAllowance()) as client:
        assert await refused(client, receiver.url) == REFUSED
        assert "HANDRAIL_NEWS_PRIVATE" in REFUSED


async def test_a_name_is_refused_by_where_it_leads(receiver: Receiver) -> None:
    resolver = FakeResolver(["127.0.0.1"])
    async with open_webhooks(PrivateAllowance(), resolver=resolver) as client:
        assert await refused(client, named(receiver)) == REFUSED
    assert resolver.asked == ["hooks.example.com"]
    assert receiver.requests == []


async def test_a_host_may_be_allowed_by_its_name(receiver: Receiver) -> None:
    allowance, resolver = PrivateAllowance.parse("hooks.example.com"), FakeResolver(["127.0.0.1"])
    async with open_webhooks(allowance, resolver=resolver) as client:
        assert (await client.post(named(receiver), b"{}", {})).status == 204
        assert await refused(client, named(receiver, "other.example.com")) == REFUSED


async def test_an_allowed_host_doesn_t_lead_to_the_metadata_service(receiver: Receiver) -> None:
    allowance, resolver = PrivateAllowance.parse("hooks.example.com"), FakeResolver([METADATA])
    async with open_webhooks(allowance, resolver=resolver) as client:
        assert await refused(client, named(receiver)) == REFUSED


async def test_of_several_addresses_only_those_are_called_that_may_be(receiver: Receiver) -> None:
    resolver = FakeResolver([METADATA, "10.0.0.1", "127.0.0.1"])
    async with open_webhooks(LOOPBACK, resolver=resolver) as client:
        assert (await client.post(named(receiver), b"{}", {})).status == 204


async def test_several_refused_addresses_are_refused_in_the_same_words(receiver: Receiver) -> None:
    resolver = FakeResolver([METADATA, "10.0.0.1"])
    async with open_webhooks(LOOPBACK, resolver=resolver) as client:
        assert await refused(client, named(receiver)) == REFUSED


async def test_a_name_that_leads_elsewhere_a_moment_later_is_judged_by_that(
    receiver: Receiver,
) -> None:
    """What is remembered of names is old for a while: here each connection asks anew."""
    for later in (METADATA, "127.0.0.1"):
        resolver = FakeResolver(["127.0.0.1"], [later])
        async with open_webhooks(LOOPBACK, resolver=resolver) as client:
            receiver.answers.append((200, {"Connection": "close"}))
            assert (await client.post(named(receiver), b"{}", {})).status == 200
            again = named(receiver, "again.example.com")
            if later is METADATA:
                assert await refused(client, again) == REFUSED
            else:
                assert (await client.post(again, b"{}", {})).status == 204
    assert len(receiver.requests) == 3


async def test_no_redirect_is_followed(client: WebhookClient, receiver: Receiver) -> None:
    for status in (301, 302, 303, 307, 308):
        receiver.answers.append((status, {"Location": f"{receiver.url}/elsewhere"}))
        assert (await client.post(receiver.url, b"{}", {})).status == status
    assert len(receiver.requests) == 5


async def test_no_proxy_of_the_environment_is_used(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    async with open_webhooks(LOOPBACK) as client:
        assert (await client.post(receiver.url, b"{}", {})).status == 204


async def test_cookies_are_not_kept(client: WebhookClient, receiver: Receiver) -> None:
    receiver.answers.append((200, {"Set-Cookie": "a=1; Path=/"}))
    await client.post(receiver.url, b"{}", {})
    await client.post(receiver.url, b"{}", {})
    assert "Cookie" not in receiver.requests[1][0]


async def test_a_connection_is_used_again(client: WebhookClient, receiver: Receiver) -> None:
    receiver.answers += [(200, {}), (500, {})]
    for _ in range(3):
        await client.post(receiver.url, b"{}", {})
    assert len(set(receiver.peers)) == 1


async def test_one_that_was_closed_meanwhile_is_no_failure() -> None:
    """The receiver closes each connection behind its answer, without having said so."""
    served = 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal served
        await reader.readuntil(b"\r\n\r\n{}")
        served += 1
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        await reader.read(1)  # the next request, on the same connection
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    async with server, open_webhooks(LOOPBACK) as client, asyncio.timeout(20):
        for _ in range(2):
            assert (await client.post(url, b"{}", {})).status == 200
    assert served == 2


async def test_who_doesn_t_answer_is_given_up(receiver: Receiver) -> None:
    receiver.answers.append(HANG)
    async with open_webhooks(LOOPBACK, total_s=0.2) as client:
        assert await refused(client, receiver.url) == "no answer within 0.2 s"


async def test_of_an_endless_answer_only_the_head_counts(
    client: WebhookClient, receiver: Receiver
) -> None:
    receiver.answers.append(ENDLESS)
    async with asyncio.timeout(20):
        assert (await client.post(receiver.url, b"{}", {})).status == 200
        assert (await client.post(receiver.url, b"{}", {})).status == 204
    assert len(set(receiver.peers)) == 2


async def test_an_answer_s_body_isn_t_waited_for(receiver: Receiver) -> None:
    receiver.answers.append(UNFINISHED)
    async with open_webhooks(LOOPBACK, drain_s=0.01) as client, asyncio.timeout(20):
        assert (await client.post(receiver.url, b"{}", {})).status == 200
        assert (await client.post(receiver.url, b"{}", {})).status == 204
    assert len(set(receiver.peers)) == 2


async def test_a_failure_is_told_without_the_url(client: WebhookClient) -> None:
    told = await refused(client, "http://127.0.0.1:1/secret-path")
    assert told == "no connection to its host (ECONNREFUSED)"


@pytest.mark.parametrize(
    "url", ["http://", "https://127.1/secret-path", "https://a\\secret-path", "https://[secret"]
)
async def test_what_is_no_url_is_final(client: WebhookClient, url: str) -> None:
    with pytest.raises(DeliveryFailed) as caught:
        await client.post(url, b"{}", {})
    assert (caught.value.detail, caught.value.final) == ("its URL can't be used", True)


async def test_an_unknown_name_is_told_without_the_url() -> None:
    def unknown(*_: object, **__: object) -> list[Any]:
        raise socket.gaierror(socket.EAI_NONAME, "secret")

    async with open_webhooks(LOOPBACK, resolver=ThreadPerLookUp(unknown)) as client:
        told = await refused(client, "http://nowhere.example.com/secret-path")
    assert told == "its host's name can't be resolved"


async def test_who_speaks_no_http_has_failed() -> None:
    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example.com ESMTP secret\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    async with server, open_webhooks(LOOPBACK) as client:
        told = await refused(client, url)
    assert told.startswith("the connection failed (")
    assert "secret" not in told


async def test_a_receiver_s_certificate_is_verified(tmp_path: Path) -> None:
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    write_certificate(cert, key)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(cert, key)
    trusting = ssl.create_default_context(cafile=str(cert))
    async with receiving(tls) as receiver:
        async with open_webhooks(LOOPBACK) as client:
            told = await refused(client, receiver.url)
        assert told == "its certificate can't be verified, or TLS failed"
        assert receiver.requests == []
        async with open_webhooks(LOOPBACK, trust=trusting) as client:
            assert (await client.post(receiver.url, b"{}", {})).status == 204
