"""A price list. Plain functions: a handler needn't be a coroutine."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

Json = dict[str, Any]

PRICES = {"lamp": "39.90", "desk": "249.00", "chair": "119.50"}
CURRENCY = "EUR"


class UnknownArticle(Exception):
    """Nothing of that name is sold."""


def look_up_price(request: Json) -> Json:
    """The article's price, as text. Raises UnknownArticle."""
    article = request["article"]
    if article not in PRICES:
        raise UnknownArticle(f"There is no article {article!r}.")
    return {"article": article, "price": PRICES[article], "currency": CURRENCY}


def apply_discount(request: Json) -> Json:
    """The price after the discount, rounded to cents, with the full one beside it."""
    full = Decimal(request["price"]["price"])
    factor = 1 - Decimal(str(request["discount_percent"])) / 100
    price = (full * factor).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return {**request["price"], "price": str(price), "full_price": str(full)}
