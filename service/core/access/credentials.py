"""Reads the credential that a caller shows."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Credential:
    """`bearer` may be a key or a token, `key` is surely a key."""

    bearer: str | None = field(default=None, repr=False)
    key: str | None = field(default=None, repr=False)

    @classmethod
    def shown(cls, authorization: str | None, key: str | None) -> "Credential":
        """By the headers `Authorization: Bearer …`, else `X-Api-Key: …`."""
        scheme, _, text = (authorization or "").strip().partition(" ")
        if scheme.lower() == "bearer" and text.strip():
            return cls(bearer=text.strip())
        return cls(key=(key or "").strip() or None)

    @property
    def given(self) -> bool:
        return self.bearer is not None or self.key is not None
