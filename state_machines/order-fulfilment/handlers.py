"""A shop, a card network and a carrier, as slow as real ones: HANDLER_PACE=0 takes no time.

The ids they give are derived from the order's, so doing anything twice changes nothing.
"""

import asyncio
import os
from typing import Any

Json = dict[str, Any]


class InvalidOrder(Exception):
    """The order can't be fulfilled as it is. Not worth a retry."""


class CardDeclined(Exception):
    """The bank says no. Not worth a retry."""


class CardNetworkError(Exception):
    """The bank can't be reached. Worth a retry."""


async def validate_order(order: Json, _context: object) -> Json:
    """The order as it is. Raises InvalidOrder."""
    await _work(0.6)
    missing = [
        field
        for field in ("order_id", "customer", "amount", "card", "parcels")
        if not order.get(field)
    ]
    if missing:
        raise InvalidOrder(f"The order has no {', '.join(missing)}.")
    if not isinstance(order["amount"], int | float) or order["amount"] <= 0:
        raise InvalidOrder("The amount must be a number above 0.")
    return order


async def charge_card(payment: Json, _context: object) -> Json:
    """`{"charge_id": …}`. Raises CardDeclined, CardNetworkError."""
    await _work(1.0)
    if payment["card"] == "tok_declined":
        raise CardDeclined(f"The card was declined for order {payment['order_id']}.")
    if payment["card"] == "tok_unreachable":
        raise CardNetworkError(f"No answer from the bank, attempt {payment['attempt'] + 1}.")
    return {"charge_id": f"ch-{payment['order_id']}"}


async def reserve_stock(order: Json, _context: object) -> Json:
    await _work(0.8)
    return {"reservation_id": f"rs-{order['order_id']}", "parcels": len(order["parcels"])}


async def pack_parcel(item: Json, _context: object) -> Json:
    await _work(0.6)
    return item | {"packed": True}


async def hand_to_carrier(item: Json, _context: object) -> Json:
    await _work(0.9)
    parcel_id = item["parcel"]["id"]
    return {"parcel_id": parcel_id, "tracking": f"TRK-{parcel_id}"}


async def notify_customer(order: Json, _context: object) -> Json:
    """The execution's output."""
    await _work(0.4)
    return {
        "status": "fulfilled",
        "order_id": order["order_id"],
        "customer": order["customer"],
        "charge_id": order["fulfilment"]["charge"]["charge_id"],
        "shipments": order["shipments"],
    }


async def refund_card(order: Json, _context: object) -> Json:
    await _work(0.6)
    return {"refunded": order["fulfilment"]["charge"]["charge_id"]}


async def release_stock(order: Json, _context: object) -> str:
    """The reservation that was given back."""
    await _work(0.4)
    return str(order["fulfilment"]["reservation"]["reservation_id"])


async def _work(seconds: float) -> None:
    await asyncio.sleep(seconds * float(os.environ.get("HANDLER_PACE", "1")))
