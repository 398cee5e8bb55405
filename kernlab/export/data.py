"""Tables as CSV, all of them as a ZIP."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import math
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from typing import IO, Any

from kernlab.engine.contract.claim import Claim
from kernlab.engine.contract.table import Table
from kernlab.export.bundle import Bundle
from kernlab.export.recipes import CSV_PREFIX, as_text

CHUNK = 50_000
"""Rows turned into text at a time."""
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest date of a ZIP: equal contents, equal bytes


def write_csv(file: IO[bytes], table: Table, recipe: Mapping[str, Any]) -> None:
    """Write a table: the recipe as a comment, a header with units in brackets, the rows.

    Numbers are written with as many digits as bring back the same float64.
    """
    file.write(f"{CSV_PREFIX}{as_text(recipe)}\n".encode())
    headings = [heading(name, table.units.get(name, "")) for name in table.columns]
    file.write(_encoded([headings]))
    for start in range(0, len(table), CHUNK):
        stop = start + CHUNK
        columns = [column[start:stop].tolist() for column in table.columns.values()]
        file.write(_encoded(zip(*columns, strict=True)))


def _encoded(rows: Iterable[Iterable[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def heading(name: str, unit: str) -> str:
    """A column's heading: `seconds [s]`."""
    return f"{name} [{unit}]" if unit else name


def write_zip(file: IO[bytes], bundle: Bundle) -> None:
    """Write all tables as CSV, the recipe and, where there are any, the claims as JSON."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        _add(archive, "recipe.json", as_text(bundle.recipe, indent=1) + "\n")
        if bundle.claims:
            _add(archive, "claims.json", claims_text(bundle.claims))
        taken: set[str] = set()
        for name in bundle.table_names():
            member = _member(name, taken)
            with archive.open(_info(member), "w", force_zip64=True) as entry:
                write_csv(entry, bundle.tables[name], bundle.recipe)


def _info(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _EPOCH)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o644 << 16
    return info


def _add(archive: zipfile.ZipFile, name: str, text: str) -> None:
    archive.writestr(_info(name), text.encode())


def _member(name: str, taken: set[str]) -> str:
    """A file name for a table, distinct also where letter case does not count."""
    stem = re.sub(r"[^\w.-]+", "-", name).strip("-.") or "table"
    member, number = f"{stem}.csv", 2
    while member.lower() in taken:
        member, number = f"{stem}-{number}.csv", number + 1
    taken.add(member.lower())
    return member


def claims_text(claims: Sequence[Claim]) -> str:
    """Claims as JSON."""
    plain = [_finite(dataclasses.asdict(claim).items()) for claim in claims]
    return json.dumps(plain, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _finite(items: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """JSON knows no NaN and no infinity: they become text."""
    return {
        name: str(value) if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in items
    }
