"""Numbers as people read them: 1 000 000, 2.5·10⁻⁹, and never more digits than asked for."""

from __future__ import annotations

import math

_raised = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
THIN_SPACE = "\u202f"


def plain(sentence: str) -> str:
    """A sentence without the `**` around what matters in it."""
    return sentence.replace("**", "")


def power_of_ten(exponent: int) -> str:
    """`10⁻³` for -3."""
    return "10" + str(exponent).translate(_raised)


def number(value: float | int | str | None, digits: int = 4) -> str:
    """A number for reading: thin spaces between thousands, powers of ten, a real minus sign.

    Text passes through, None and NaN become a dash.
    """
    if value is None:
        return "–"
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if value == 0:
        return "0"
    size = abs(value)
    if float(value).is_integer() and size < 1e7:
        text = f"{int(size):,}".replace(",", THIN_SPACE)
    elif 1e-3 <= size < 1e5:
        places = max(0, digits - 1 - math.floor(math.log10(size)))
        text = f"{size:,.{places}f}".replace(",", THIN_SPACE)
    else:
        text = _scientific(size, digits)
    return "−" + text if value < 0 else text


def _scientific(size: float, digits: int) -> str:
    mantissa, exponent = f"{size:.{digits - 1}e}".split("e")
    mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    power = power_of_ten(int(exponent))
    return power if mantissa == "1" else f"{mantissa}·{power}"


def brief(value: float, digits: int = 3) -> str:
    """A number for a label: as :func:`number`, without trailing zeros."""
    text = number(value, digits)
    return text.rstrip("0").rstrip(".") if "." in text and "·" not in text else text


def count(value: int) -> str:
    """A count, short where it is round: 1 000 000 as 10⁶, 2500 as 2 500."""
    exponent = round(math.log10(value)) if value > 0 else 0
    if exponent >= 5 and value == 10**exponent:
        return power_of_ten(exponent)
    return f"{value:,}".replace(",", THIN_SPACE)
