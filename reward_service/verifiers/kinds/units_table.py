"""Units: name → dimension and exact factor to the base unit. Data only; parsing is in units.py.

Sources: BIPM, The International System of Units, 9th edition (2019), tables 2-8; NIST Special Publication 811 (2008),
appendix B, for imperial and US customary units (all exact by definition). Everyday readings: a ton is the US ton, a
pound is mass, a calorie is 4.184 J. Months and years count months, days and weeks count seconds: a month has no fixed
number of days. Money has one dimension per currency.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Final

Factor = Fraction | int

# dimension → {spelling: factor}. Spellings of two letters or more that are not in SYMBOLS are matched without case.
WORDS: Final[dict[str, dict[str, Factor]]] = {
    "length": {
        "meter": 1, "metre": 1, "micron": Fraction(1, 10**6), "米": 1, "公尺": 1, "厘米": Fraction(1, 100),
        "公分": Fraction(1, 100), "分米": Fraction(1, 10), "毫米": Fraction(1, 1000), "千米": 1000, "公里": 1000,
        "inch": Fraction(254, 10**4), "inches": Fraction(254, 10**4), "in": Fraction(254, 10**4),
        "foot": Fraction(3048, 10**4), "feet": Fraction(3048, 10**4), "ft": Fraction(3048, 10**4),
        "yard": Fraction(9144, 10**4), "yd": Fraction(9144, 10**4), "yds": Fraction(9144, 10**4),
        "mile": Fraction(1609344, 1000), "mi": Fraction(1609344, 1000), "英里": Fraction(1609344, 1000),
        "nautical mile": 1852, "kilo": 1000, "lightyear": 9460730472580800, "light year": 9460730472580800,
        "angstrom": Fraction(1, 10**10), "klick": 1000,
    },
    "area": {
        "acre": Fraction(40468564224, 10**7), "hectare": 10**4, "ha": 10**4, "平方米": 1,
        "平方厘米": Fraction(1, 10**4),
        "平方分米": Fraction(1, 100), "平方毫米": Fraction(1, 10**6), "平方千米": 10**6, "平方公里": 10**6,
        "公顷": 10**4,
        "sqft": Fraction(3048, 10**4) ** 2, "sqm": 1, "亩": Fraction(2000, 3),
    },
    "volume": {
        "liter": Fraction(1, 1000), "litre": Fraction(1, 1000), "cc": Fraction(1, 10**6), "升": Fraction(1, 1000),
        "毫升": Fraction(1, 10**6), "立方米": 1, "立方厘米": Fraction(1, 10**6), "立方分米": Fraction(1, 1000),
        "gallon": Fraction(3785411784, 10**12), "gal": Fraction(3785411784, 10**12),
        "quart": Fraction(946352946, 10**12), "qt": Fraction(946352946, 10**12),
        "pint": Fraction(473176473, 10**12), "pt": Fraction(473176473, 10**12),
        "cup": Fraction(2365882365, 10**13), "fluid ounce": Fraction(295735295625, 10**16),
        "fl oz": Fraction(295735295625, 10**16), "tablespoon": Fraction(1478676478125, 10**17),
        "tbsp": Fraction(1478676478125, 10**17), "teaspoon": Fraction(492892159375, 10**17),
        "tsp": Fraction(492892159375, 10**17),
    },
    "mass": {
        "gram": Fraction(1, 1000), "gramme": Fraction(1, 1000), "tonne": 1000, "metric ton": 1000,
        "克": Fraction(1, 1000),
        "千克": 1, "公斤": 1, "斤": Fraction(1, 2), "吨": 1000, "毫克": Fraction(1, 10**6), "kilo": 1,
        "pound": Fraction(45359237, 10**8), "lb": Fraction(45359237, 10**8), "lbs": Fraction(45359237, 10**8),
        "ounce": Fraction(45359237, 16 * 10**8), "oz": Fraction(45359237, 16 * 10**8),
        "ton": Fraction(2000 * 45359237, 10**8), "stone": Fraction(14 * 45359237, 10**8),
    },
    "time": {
        "second": 1, "sec": 1, "secs": 1, "minute": 60, "min": 60, "mins": 60, "hour": 3600, "hr": 3600, "hrs": 3600,
        "day": 86400, "week": 604800, "wk": 604800, "秒": 1, "秒钟": 1, "分钟": 60, "小时": 3600, "钟头": 3600,
        "天": 86400,
        "日": 86400, "周": 604800, "星期": 604800, "fortnight": 1209600,
    },
    "months": {
        "month": 1, "year": 12, "yr": 12, "yrs": 12, "decade": 120, "century": 1200, "centuries": 1200,
        "millennium": 12000, "个月": 1, "年": 12,
    },
    "angle": {"radian": 1, "rad": 1, "rads": 1, "弧度": 1},
    "arc": {
        "degree": 1, "deg": 1, "degs": 1, "°": 1, "度": 1, "arcminute": Fraction(1, 60), "arcmin": Fraction(1, 60),
        "arcsecond": Fraction(1, 3600), "arcsec": Fraction(1, 3600), "revolution": 360, "rev": 360, "revs": 360,
    },
    "current": {"ampere": 1, "amp": 1, "安": 1, "安培": 1},
    "temperature": {"kelvin": 1},
    "amount": {"mole": 1},
    "frequency": {"hertz": 1, "赫兹": 1, "rpm": Fraction(1, 60)},
    "force": {"newton": 1, "牛": 1, "牛顿": 1, "lbf": Fraction(44482216152605, 10**13), "dyne": Fraction(1, 10**5)},
    "pressure": {
        "pascal": 1, "atm": 101325, "mmhg": Fraction(133322387415, 10**9), "psi": Fraction(6894757293168, 10**9),
    },
    "energy": {
        "joule": 1, "焦": 1, "焦耳": 1, "calorie": Fraction(4184, 1000), "cal": Fraction(4184, 1000),
        "kwh": 3600000, "erg": Fraction(1, 10**7), "electronvolt": Fraction(1602176634, 10**28),
    },
    "power": {
        "watt": 1, "瓦": 1, "瓦特": 1, "horsepower": Fraction(74569987158227022, 10**14),
        "hp": Fraction(74569987158227022, 10**14),
    },
    "voltage": {"volt": 1, "伏": 1, "伏特": 1},
    "charge": {"coulomb": 1, "库": 1, "库仑": 1},
    "resistance": {"ohm": 1, "欧": 1, "欧姆": 1},
    "capacitance": {"farad": 1},
    "inductance": {"henry": 1},
    "flux_density": {"tesla": 1, "gauss": Fraction(1, 10**4)},
    "flux": {"weber": 1},
    "speed": {"mph": Fraction(1609344, 3600000), "kph": Fraction(1000, 3600), "kmph": Fraction(1000, 3600),
              "kmh": Fraction(1000, 3600), "knot": Fraction(1852, 3600), "fps": Fraction(3048, 10**4)},
    "information": {"bit": 1, "byte": 8},
    "dollar": {"dollar": 1, "usd": 1, "buck": 1, "$": 1, "us$": 1, "美元": 1, "cent": Fraction(1, 100),
    "¢": Fraction(1, 100),
               "nickel": Fraction(5, 100), "dime": Fraction(1, 10)},
    "euro": {"euro": 1, "eur": 1, "€": 1, "欧元": 1},
    "sterling": {"£": 1, "gbp": 1, "pence": Fraction(1, 100), "英镑": 1},
    "yuan": {
        "yuan": 1, "rmb": 1, "cny": 1, "¥": 1, "元": 1, "块": 1, "块钱": 1, "人民币": 1, "角": Fraction(1, 10),
        "分": Fraction(1, 100),
    },
    "yen": {"yen": 1, "jpy": 1, "円": 1, "日元": 1},
    "rupee": {"rupee": 1, "inr": 1, "₹": 1, "rs": 1, "paise": Fraction(1, 100), "paisa": Fraction(1, 100)},
    "won": {"won": 1, "krw": 1, "₩": 1},
    "ruble": {"ruble": 1, "rouble": 1, "rub": 1, "₽": 1, "kopeck": Fraction(1, 100)},
    "celsius": {"celsius": 1, "°c": 1, "摄氏度": 1, "degree celsius": 1, "degree c": 1, "centigrade": 1},
    "fahrenheit": {"fahrenheit": 1, "°f": 1, "degree fahrenheit": 1, "degree f": 1, "华氏度": 1},
}  # fmt: skip

# Symbols keep their case: symbol → (dimension, factor to the base unit, takes SI prefixes).
SYMBOLS: Final[dict[str, tuple[str, Factor, bool]]] = {
    "m": ("length", 1, True), "g": ("mass", Fraction(1, 1000), True), "s": ("time", 1, True),
    "h": ("time", 3600, False), "d": ("time", 86400, False), "A": ("current", 1, True), "K": ("temperature", 1, False),
    "mol": ("amount", 1, True), "Hz": ("frequency", 1, True), "N": ("force", 1, True), "Pa": ("pressure", 1, True),
    "bar": ("pressure", 10**5, True), "J": ("energy", 1, True), "eV": ("energy", Fraction(1602176634, 10**28), True),
    "cal": ("energy", Fraction(4184, 1000), True), "Wh": ("energy", 3600, True), "W": ("power", 1, True),
    "V": ("voltage", 1, True), "C": ("charge", 1, True), "Ω": ("resistance", 1, True),
    "\u2126": ("resistance", 1, True),
    r"\Omega": ("resistance", 1, True), "F": ("capacitance", 1, True), "H": ("inductance", 1, True),
    "T": ("flux_density", 1, True), "Wb": ("flux", 1, True), "L": ("volume", Fraction(1, 1000), True),
    "l": ("volume", Fraction(1, 1000), True), "B": ("information", 8, True), "b": ("information", 1, False),
    "t": ("mass", 1000, False), "y": ("months", 12, False),
}  # fmt: skip

# Prefixed by name ("kilometer") where the dimension's base word takes them.
PREFIXABLE_WORDS: Final = frozenset(
    {
        "meter", "metre", "gram", "gramme", "liter", "litre", "second", "watt", "joule", "newton", "pascal", "hertz",
        "volt", "ampere", "amp", "ohm", "coulomb", "farad", "henry", "tesla", "mole", "byte", "bit", "calorie",
        "electronvolt", "tonne",
    }
)  # fmt: skip

PREFIX_SYMBOLS: Final[dict[str, Factor]] = {
    "Y": 10**24, "Z": 10**21, "E": 10**18, "P": 10**15, "T": 10**12, "G": 10**9, "M": 10**6, "k": 10**3, "h": 10**2,
    "da": 10, "d": Fraction(1, 10), "c": Fraction(1, 100), "m": Fraction(1, 10**3), "μ": Fraction(1, 10**6),
    "µ": Fraction(1, 10**6), r"\mu": Fraction(1, 10**6), r"\mu ": Fraction(1, 10**6), "u": Fraction(1, 10**6),
    "n": Fraction(1, 10**9), "p": Fraction(1, 10**12), "f": Fraction(1, 10**15),
}  # fmt: skip

PREFIX_WORDS: Final[dict[str, Factor]] = {
    "tera": 10**12, "giga": 10**9, "mega": 10**6, "kilo": 10**3, "hecto": 10**2, "deca": 10, "deka": 10,
    "deci": Fraction(1, 10), "centi": Fraction(1, 100), "milli": Fraction(1, 10**3), "micro": Fraction(1, 10**6),
    "nano": Fraction(1, 10**9), "pico": Fraction(1, 10**12),
}  # fmt: skip

# What derived dimensions are made of: exponents of length, mass, time, current, amount.
DERIVED: Final[dict[str, dict[str, int]]] = {
    "area": {"length": 2},
    "volume": {"length": 3},
    "frequency": {"time": -1},
    "speed": {"length": 1, "time": -1},
    "force": {"mass": 1, "length": 1, "time": -2},
    "pressure": {"mass": 1, "length": -1, "time": -2},
    "energy": {"mass": 1, "length": 2, "time": -2},
    "power": {"mass": 1, "length": 2, "time": -3},
    "charge": {"current": 1, "time": 1},
    "voltage": {"mass": 1, "length": 2, "time": -3, "current": -1},
    "resistance": {"mass": 1, "length": 2, "time": -3, "current": -2},
    "capacitance": {"mass": -1, "length": -2, "time": 4, "current": 2},
    "inductance": {"mass": 1, "length": 2, "time": -2, "current": -2},
    "flux": {"mass": 1, "length": 2, "time": -2, "current": -1},
    "flux_density": {"mass": 1, "time": -2, "current": -1},
}

# Scales with an offset: kelvin = value · factor + offset.
OFFSETS: Final[dict[str, tuple[Fraction, Fraction]]] = {
    "celsius": (Fraction(1), Fraction(27315, 100)),
    "fahrenheit": (Fraction(5, 9), Fraction(45967, 180)),
}

# Dimensions in which the first word after a number is money and not a measure.
CURRENCIES: Final = frozenset({"dollar", "euro", "sterling", "yuan", "yen", "rupee", "won", "ruble"})
