"""Three booking offices. `full` in the input says which of them has no room left."""

from typing import Any

Json = dict[str, Any]


class NothingFree(Exception):
    """There is no room left. Not worth a retry."""


def book_flight(trip: Json) -> Json:
    return _booked(trip, "flight")


def book_hotel(trip: Json) -> Json:
    return _booked(trip, "hotel")


def book_car(trip: Json) -> Json:
    return _booked(trip, "car")


def cancel_hotel(trip: Json) -> Json:
    return {"cancelled": trip["hotel"]["value"]["booking"]}


def cancel_flight(trip: Json) -> Json:
    return {"cancelled": trip["flight"]["value"]["booking"]}


def _booked(trip: Json, part: str) -> Json:
    if trip.get("full") == part:
        raise NothingFree(f"no {part} is free")
    return {"booking": f"{part}-{trip['trip']}"}
