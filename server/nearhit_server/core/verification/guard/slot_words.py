"""Slots that hold one of several values: months, weekdays, seasons, relative days, units."""

from typing import Final

MONTHS: Final = (
    "january jan",
    "february feb",
    "march mar",
    "april apr",
    "may",
    "june jun",
    "july jul",
    "august aug",
    "september sep sept",
    "october oct",
    "november nov",
    "december dec",
)
_WEEKDAYS: Final = (
    "monday mondays mon",
    "tuesday tuesdays tue tues",
    "wednesday wednesdays wed",
    "thursday thursdays thu thur thurs",
    "friday fridays fri",
    "saturday saturdays sat",
    "sunday sundays sun",
)
_SEASONS: Final = ("spring", "summer", "autumn fall", "winter")
_RELATIVE: Final = ("yesterday", "today tonight", "tomorrow tmrw")
_PARTS: Final = ("morning breakfast", "noon lunch", "afternoon", "evening dinner", "night")
_DAYTIMES: Final = ("day daytime", "night nighttime")
_RATES: Final = (
    "hourly hour",
    "daily day",
    "weekly week",
    "monthly month",
    "quarterly quarter",
    "yearly annual annually year",
)
_LENGTHS: Final = (
    "kilometer kilometers kilometre kilometres km",
    "meter meters metre metres",
    "centimeter centimeters centimetre centimetres cm",
    "millimeter millimeters mm",
    "mile miles",
    "yard yards",
    "foot feet ft",
    "inch inches",
)
_WEIGHTS: Final = (
    "gram grams g",
    "kilogram kilograms kg kgs kilo kilos",
    "pound pounds lb lbs",
    "ounce ounces oz",
    "ton tons tonne tonnes",
    "stone",
)
_VOLUMES: Final = (
    "liter liters litre litres",
    "milliliter milliliters millilitre millilitres ml",
    "centiliter centiliters centilitre centilitres cl",
    "deciliter deciliters decilitre decilitres dl",
    "gallon gallons",
    "cup cups",
    "tablespoon tablespoons tbsp",
    "teaspoon teaspoons tsp",
    "pint pints",
)
_TEMPERATURES: Final = ("celsius centigrade", "fahrenheit", "kelvin")
_MONEY: Final = (
    "dollar dollars usd $",
    "euro euros eur €",
    "gbp £",
    "yen jpy ¥",
    "rupee rupees inr ₹",
    "cad",
    "aud",
    "yuan cny rmb",
    "chf franc francs",
)
_BYTES: Final = (
    "kb kilobyte kilobytes",
    "mb megabyte megabytes",
    "gb gigabyte gigabytes",
    "tb terabyte terabytes",
    "bit bits",
    "byte bytes",
)
_SUMS: Final = (
    "plus + add",
    "minus subtract",
    "times \u00d7 * multiply",
    "\u00f7 divide",
    "^ power",
)
_POWERS: Final = ("square squares squared sq", "cube cubes cubed cubic")


def _slots(*slots: tuple[str, ...]) -> tuple[tuple[tuple[str, ...], ...], ...]:
    return tuple(tuple(tuple(value.split()) for value in slot) for slot in slots)


CALENDAR: Final = _slots(MONTHS, _WEEKDAYS, _SEASONS, _RELATIVE, _PARTS, _DAYTIMES)
MEASURES: Final = _slots(
    _RATES, _LENGTHS, _WEIGHTS, _VOLUMES, _TEMPERATURES, _MONEY, _BYTES, _SUMS, _POWERS
)
