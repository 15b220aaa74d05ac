"""What a value of Created means as a time."""

from __future__ import annotations

import re
from datetime import date

# SQLite's own range and rounding of a Julian day: 0 to the end of the year 9999, kept as
# milliseconds.
JULIAN_END = 5373484.5
JULIAN_MS_BEFORE_1970 = 210_866_760_000_000

DAY_S = 86_400

_ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)"
    r"(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?"
    r"(?: ?(?:[Zz]|([+-])(\d\d)(?::?(\d\d))?))?)?", re.ASCII)


def created_us(value):
    """Microseconds since 1970; None for NULL and for what is no time.

    An INTEGER counts seconds, milliseconds or microseconds, by its magnitude; a REAL is a Julian
    day, read to the millisecond; TEXT is ISO 8601, in UTC where it names no zone.
    """
    if isinstance(value, int):
        size = abs(value)
        return value * (1_000_000 if size < 10 ** 11 else 1000 if size < 10 ** 14 else 1)
    if isinstance(value, float):
        if not 0 <= value < JULIAN_END:
            return None
        return (int(value * 86_400_000.0 + 0.5) - JULIAN_MS_BEFORE_1970) * 1000
    return _iso_us(value) if isinstance(value, str) else None


def _iso_us(text):
    match = _ISO.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    digits, sign, zone_hour, zone_minute = match.groups()[6:]
    fraction = int(((digits or "") + "000000")[:6])
    time_s = _second_of_day(hour, minute, second, fraction)
    zone = int(zone_hour or 0), int(zone_minute or 0)
    if time_s is None or zone > (23, 59) or zone[1] > 59:
        return None
    try:
        # Python's years begin with 1; the calendar repeats after 400 of them, 146,097 days.
        days = (date(year or 400, month, day).toordinal() - date(1970, 1, 1).toordinal()
                - (0 if year else 146_097))
    except ValueError:
        return None
    offset_s = (zone[0] * 60 + zone[1]) * (-60 if sign == "-" else 60)
    return (days * DAY_S + time_s - offset_s) * 1_000_000 + fraction


def _second_of_day(hour, minute, second, fraction):
    """24:00 is the next day's beginning, a leap second the next minute's."""
    is_midnight = hour == 24 and (minute, second, fraction) == (0, 0, 0)
    if (hour > 23 and not is_midnight) or minute > 59 or second > (60 if minute == 59 else 59):
        return None
    return hour * 3600 + minute * 60 + second
