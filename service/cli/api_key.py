"""`handrail api-key`: a fresh key for its holder, and the line with its hash for the service."""

import json
from datetime import UTC, datetime, timedelta

import click
from pydantic import ValidationError

from handrail.auth.api_keys import ApiKey, digest_of, new_key
from handrail.core.access.principals import EVERY, AccessScope
from handrail.core.models import Json, rfc3339

from .group import Failed, examples


@click.command(
    epilog=examples("handrail api-key shop --scope read --scope start --machine 'order-*'")
)
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    help="read, start, operate or complete, or <scope>:<machine pattern>; repeatable. All if none.",
)
@click.option(
    "--machine",
    "machines",
    multiple=True,
    metavar="PATTERN",
    help="Only state machines like this (order-*); repeatable. All if none.",
)
@click.option(
    "--days", type=click.IntRange(1, 3650), help="How long it is good for; for ever if not said."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object: key and entry.")
def api_key(
    name: str, scopes: tuple[str, ...], machines: tuple[str, ...], days: int | None, as_json: bool
) -> None:
    """Make an API key: prints the key, once, and the line that makes it known to the service.

    The line goes into HANDRAIL_API_KEYS or the file of HANDRAIL_API_KEYS_FILE. It holds the key's
    hash, not the key.
    """
    key = new_key()
    entry: dict[str, Json] = {
        "name": name,
        "sha256": digest_of(key).hex(),
        "scopes": list(scopes or AccessScope),
        "machines": list(machines or (EVERY,)),
    }
    if days is not None:
        entry["expires_at"] = rfc3339(datetime.now(UTC) + timedelta(days=days))
    try:
        ApiKey.model_validate(entry).principal()
    except ValidationError as error:
        found = error.errors(include_input=False)[0]
        raise Failed(f"{found['loc'][0]}: {found['msg']}") from error
    except ValueError as error:
        raise Failed(str(error)) from error
    if as_json:
        click.echo(json.dumps({"key": key, "entry": entry}))
        return
    click.echo("The key, shown this once; its holder sends it as Authorization: Bearer …", err=True)
    click.echo(key)
    click.echo("For HANDRAIL_API_KEYS, or a line of HANDRAIL_API_KEYS_FILE:", err=True)
    click.echo(json.dumps(entry))
