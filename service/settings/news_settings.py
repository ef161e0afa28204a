"""Declares the settings of news: who is told what of executions, and what may be called for it."""

from typing import TYPE_CHECKING, Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings

if TYPE_CHECKING:  # reading entries takes 80 ms, and most start without any
    from handrail.core.access.outbound_addresses import PrivateAllowance
    from handrail.core.news.notify_entries import MachinesEntry


class NewsSettings(BaseSettings):
    """A part of `Settings`."""

    notify: SecretStr | None = None
    """Who is told what of executions, as a JSON list of `notify` entries, each with `machines`
    besides."""
    news: Literal["on", "off"] = "on"
    """Whether this process sends news; `off` where others do."""
    news_private: str = ""
    """Hosts and networks whose private addresses news may be sent to, with commas
    (`hooks.internal,10.1.0.0/16`)."""
    then_depth: int = Field(5, ge=1, le=99)
    """How many executions may start one another by `then`."""

    @field_validator("notify")
    @classmethod
    def _says_who_is_told(cls, value: SecretStr | None) -> SecretStr | None:
        """Parses it: the ValueError says what is wrong and where, and quotes no secret."""
        _entries(value)
        return value

    @field_validator("news_private")
    @classmethod
    def _names_hosts(cls, value: str) -> str:
        if value:
            _allowance(value)
        return value

    @property
    def notify_entries(self) -> "tuple[MachinesEntry, ...]":
        """Who is told what, by HANDRAIL_NOTIFY; none where it isn't set."""
        return _entries(self.notify)

    @property
    def private_allowance(self) -> "PrivateAllowance":
        """What besides public addresses may be called."""
        return _allowance(self.news_private)


def _entries(notify: SecretStr | None) -> "tuple[MachinesEntry, ...]":
    if notify is None:
        return ()
    from handrail.core.news.notify_entries import parse_notify  # noqa: PLC0415

    return parse_notify(notify.get_secret_value())


def _allowance(text: str) -> "PrivateAllowance":
    from handrail.core.access.outbound_addresses import PrivateAllowance  # noqa: PLC0415

    return PrivateAllowance.parse(text)
