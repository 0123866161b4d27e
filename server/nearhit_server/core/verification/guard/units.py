"""Units of measure and money: how they are written, and what each is in its base unit."""

from decimal import Decimal
from typing import Final, NamedTuple

from nearhit_server.core.verification.guard.word_sets import word_set


class Unit(NamedTuple):
    """`factor`: how many of the base unit one of these is."""

    base: str
    factor: Decimal


_SPELLINGS: Final = (
    ("second", "1", "seconds sec secs s"),
    ("second", "0.001", "millisecond milliseconds ms msec"),
    ("second", "0.000001", "microsecond microseconds"),
    ("second", "60", "minute minutes min mins"),
    ("second", "3600", "hour hours hr hrs h"),
    ("second", "86400", "day days"),
    ("second", "604800", "week weeks wk wks"),
    ("second", "1209600", "fortnight fortnights"),
    ("month", "1", "month months"),
    ("month", "12", "year years yr yrs yo"),
    ("metre", "1", "meter meters metre metres m"),
    ("metre", "0.01", "centimeter centimeters centimetre centimetres cm cms"),
    ("metre", "0.001", "millimeter millimeters millimetre millimetres mm"),
    ("metre", "1000", "kilometer kilometers kilometre kilometres km kms"),
    ("metre", "1609.344", "mile miles mi"),
    ("metre", "0.9144", "yard yards yd"),
    ("metre", "0.3048", "foot feet ft"),
    ("metre", "0.0254", "inch inches"),
    ("gram", "1", "gram grams gm gms g"),
    ("gram", "0.001", "milligram milligrams mg"),
    ("gram", "0.000001", "microgram micrograms mcg"),
    ("gram", "1000", "kilogram kilograms kilo kilos kg kgs"),
    ("gram", "453.59237", "pound pounds lb lbs"),
    ("gram", "28.349523125", "ounce ounces oz"),
    ("gram", "6350.29318", "stone"),
    ("gram", "1000000", "ton tons tonne tonnes"),
    ("litre", "1", "liter liters litre litres l"),
    ("litre", "0.001", "milliliter milliliters millilitre millilitres ml"),
    ("litre", "0.01", "centiliter centiliters centilitre centilitres cl"),
    ("litre", "0.1", "deciliter deciliters decilitre decilitres dl"),
    ("litre", "3.785411784", "gallon gallons"),
    ("pint", "1", "pint pints"),
    ("square metre", "10000", "hectare hectares ha"),
    ("square metre", "4046.8564224", "acre acres"),
    ("cup", "1", "cup cups"),
    ("spoon", "3", "tablespoon tablespoons tbsp"),
    ("spoon", "1", "teaspoon teaspoons tsp"),
    ("degree C", "1", "celsius centigrade"),
    ("kelvin", "1", "kelvin kelvins"),
    ("degree F", "1", "fahrenheit"),
    ("byte", "1", "byte bytes"),
    ("byte", "1000", "kilobyte kilobytes kb kib"),
    ("byte", "1000000", "megabyte megabytes mb mib"),
    ("byte", "1000000000", "gigabyte gigabytes gb gib gig gigs"),
    ("byte", "1000000000000", "terabyte terabytes tb tib"),
    ("bit", "1", "bit bits"),
    ("watt", "1", "watt watts w"),
    ("watt", "1000", "kilowatt kilowatts kw"),
    ("watt", "1000000", "megawatt megawatts mw"),
    ("volt", "1", "volt volts v"),
    ("ampere", "1", "ampere amperes amp amps"),
    ("milliampere hour", "1", "mah"),
    ("hertz", "1", "hertz hz"),
    ("hertz", "1000000", "megahertz mhz"),
    ("hertz", "1000000000", "gigahertz ghz"),
    ("percent", "1", "% percent pct percents percentage"),
    ("dollar", "1", "$ dollar dollars usd bucks buck"),
    ("euro", "1", "€ euro euros eur"),
    ("pound sterling", "1", "£ gbp quid"),
    ("yen", "1", "¥ yen jpy"),
    ("rupee", "1", "₹ rs rupee rupees inr re"),
    ("cent", "1", "cent cents"),
    ("yuan", "1", "yuan rmb cny"),
    ("peso", "1", "peso pesos"),
    ("bitcoin", "1", "bitcoin bitcoins btc"),
    ("calorie", "1", "calorie calories kcal cal cals"),
)

UNITS: Final = {
    word: Unit(base, Decimal(factor))
    for base, factor, words in _SPELLINGS
    for word in words.split()
}
"""Every spelling of a unit."""

_PREFIXED: Final = word_set("$ € £ ¥ ₹ rs usd eur gbp jpy inr us$")


def unit_before(word: str) -> Unit | None:
    """The currency that a word or sign before a number names."""
    return UNITS[word] if word in _PREFIXED else None
