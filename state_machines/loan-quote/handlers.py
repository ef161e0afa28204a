"""A credit bureau and some banks, as slow as real ones: HANDLER_PACE=0 takes no time."""

import asyncio
import os
import zlib
from typing import Any

Json = dict[str, Any]


async def check_credit(request: Json, _context: object) -> Json:
    """`{"score": 300 … 850}`: the higher the income for the amount, the better."""
    await _work(0.9)
    ratio = request["income"] / request["amount"]
    return {"score": round(min(850, 300 + 400 * ratio))}


async def ask_bank(request: Json, _context: object) -> Json:
    """The bank's yearly rate in percent; the same question gets the same answer."""
    await _work(1.1)
    margin = zlib.crc32(request["bank"].encode()) % 150 / 100
    risk = (850 - request["score"]) / 100
    rate = round(2 + margin + risk + request["months"] / 120, 2)
    return {"bank": request["bank"], "rate": rate, "months": request["months"]}


async def _work(seconds: float) -> None:
    await asyncio.sleep(seconds * float(os.environ.get("HANDLER_PACE", "1")))
