"""Shares among replicas what one process would know alone, over Valkey or Redis.

The bus may be away, slow or emptied at any time. Each port says in its class what it answers then;
none waits for a bus that doesn't answer. No task token, credential or signature goes there."""

from .connection import Bus, BusMeter, BusScript, open_bus

__all__ = ["Bus", "BusMeter", "BusScript", "open_bus"]
