"""`handrail trace`: an execution as a trace, printed or sent to a collector."""

import os
from collections.abc import Mapping

import aiohttp
import click
from click.core import ParameterSource
from yarl import URL

from handrail.client import Client, Message
from handrail.core.json_text import json_bytes

from .group import Failed, Unreachable, examples
from .service_options import call_on, echo_json, execution_argument, json_option, url_option
from .span_tree import tree_lines

_EXPORT_S = 30.0
_VARIABLE = "OTEL_EXPORTER_OTLP"


@click.command(
    epilog=examples(
        "handrail trace order-fulfilment:order-1001",
        "handrail trace @latest --endpoint http://localhost:4318",
        "handrail trace @latest --json > trace.json",
    )
)
@execution_argument
@click.option("--export", is_flag=True, help="Send it to a collector of OpenTelemetry's, too.")
@click.option(
    "--endpoint",
    envvar=f"{_VARIABLE}_ENDPOINT",
    default="http://localhost:4318",
    show_envvar=True,
    help="The collector's address; given here, it means --export.",
)
@json_option("Print it as OTLP's JSON.")
@url_option
@click.pass_context
def trace(
    ctx: click.Context, execution: str, *, export: bool, endpoint: str, as_json: bool, url: str
) -> None:
    """Show EXECUTION as a trace: each state it was in, attempts, waits, iterations, branches and
    redrives, when each began and how long it took.

    An execution has the same spans each time, however old it is: exported twice, it shows once.
    OpenTelemetry's variables of addresses and headers hold here too.
    """
    named = ctx.get_parameter_source("endpoint") is ParameterSource.COMMANDLINE
    address = _address(endpoint, named=named) if export or named else None

    async def use(client: Client, id: str) -> None:
        document = await client.trace(id)
        if as_json:
            echo_json(document)
        else:
            for line in tree_lines(document):
                click.echo(line)
        if address is not None:
            await _send(client.session, address, document)
            click.echo(f"Sent to {_shown(address)}", err=True)

    call_on(url, execution, use)


def _address(endpoint: str, *, named: bool) -> URL:
    """Of traces there. Raises Failed.
    https://opentelemetry.io/docs/specs/otel/protocol/exporter/#endpoint-urls-for-otlphttp"""
    whole = os.environ.get(f"{_VARIABLE}_TRACES_ENDPOINT")
    text = whole if whole and not named else f"{endpoint.rstrip('/')}/v1/traces"
    try:
        address = URL(text)
    except ValueError:
        address = URL()
    if address.scheme not in {"http", "https"} or not address.host:
        raise Failed("The collector's address must be an http:// or https:// URL.")
    return address


def _headers() -> Mapping[str, str]:
    from opentelemetry.util.re import parse_env_headers  # noqa: PLC0415 as rarely needed

    names = (f"{_VARIABLE}_TRACES_HEADERS", f"{_VARIABLE}_HEADERS")
    return parse_env_headers(next(filter(None, map(os.environ.get, names)), ""), liberal=True)


async def _send(session: aiohttp.ClientSession, address: URL, document: Message) -> None:
    """Raises Failed, Unreachable."""
    headers = {**_headers(), "Content-Type": "application/json"}
    limit, body = aiohttp.ClientTimeout(total=_EXPORT_S), json_bytes(document)
    try:
        sent = session.post(
            address, data=body, headers=headers, timeout=limit, allow_redirects=False
        )
        async with sent as answer:
            status = answer.status
    except (aiohttp.ClientError, TimeoutError) as error:
        why = str(error) or "no answer in time"
        raise Unreachable(f"The collector at {_shown(address)} can't be reached: {why}") from error
    if status >= 500 or status == 429:
        raise Unreachable(f"The collector at {_shown(address)} takes nothing now: {status}")
    if status >= 300:
        raise Failed(f"The collector at {_shown(address)} refuses it: {status}")


def _shown(address: URL) -> str:
    """Without what may be a credential."""
    return str(address.origin())
