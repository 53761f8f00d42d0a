"""Maker and product of the watch; never its serial number."""

from __future__ import annotations

from parsers.activity import Device
from parsers.formats.fit import profile
from parsers.formats.fit.messages import Messages
from parsers.formats.fit.profile import name_of

_MANUFACTURER, _PRODUCT, _PRODUCT_NAME = 1, 2, 8
_INDEX, _OTHER_MANUFACTURER, _OTHER_PRODUCT, _OTHER_NAME = 0, 2, 4, 27
_GARMIN = frozenset({"garmin", "dynastream", "dynastream_oem"})


def device(file: Messages) -> Device:
    """What the file says of the device that made it: `file_id`, else the `device_info` of the creator (index 0)."""
    makers = [*file.values(profile.FILE_ID, _MANUFACTURER), *_of_creator(file, _OTHER_MANUFACTURER)]
    products = [*file.values(profile.FILE_ID, _PRODUCT), *_of_creator(file, _OTHER_PRODUCT)]
    manufacturer = name_of("manufacturer", next((maker for maker in makers if maker is not None), None))
    names = [*file.texts(profile.FILE_ID, _PRODUCT_NAME), *_names_of_creator(file)]
    number = next((product for product in products if product is not None), None)
    return Device(manufacturer, _product(manufacturer, number, next(filter(None, names), None)))


def _product(manufacturer: str | None, number: float | None, name: str | None) -> str | None:
    """The profile's name for Garmin's products, the file's own for others, else the number."""
    known = name_of("garmin_product", number) if manufacturer in _GARMIN else None
    if known is None and manufacturer == "favero_electronics":
        known = name_of("favero_product", number)
    return known or name or (f"{number:.0f}" if number else None)


def _creator_rows(file: Messages) -> list[int]:
    return [row for row, index in enumerate(file.values(profile.DEVICE_INFO, _INDEX)) if index == 0]


def _of_creator(file: Messages, field: int) -> list[float | None]:
    values = file.values(profile.DEVICE_INFO, field)
    return [values[row] for row in _creator_rows(file)]


def _names_of_creator(file: Messages) -> list[str | None]:
    names = file.texts(profile.DEVICE_INFO, _OTHER_NAME)
    return [names[row] for row in _creator_rows(file)]
