"""A file becomes lines of text: CSV as spreadsheets write it, or the first sheet of an XLSX. Nothing in it is carried out."""

from __future__ import annotations

import csv
import hashlib
import io
import unicodedata
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from openpyxl import load_workbook

from lifecycle.locks import Refused

MOST_BYTES = 5_000_000
MOST_UNPACKED = 80_000_000
MOST_ROWS = 5_000
MOST_COLUMNS = 40
LONGEST_CELL = 300


class Unreadable(Refused):
    """The file is none, or holds no table."""


@dataclass(frozen=True)
class Sheet:
    """``rows`` are as wide as the header, each with its number in the file."""

    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    digest: str


def read(data: bytes) -> Sheet:
    """The table in a file.

    Raises:
        Unreadable: too big, neither CSV nor XLSX, or without a header and lines.
    """
    if len(data) > MOST_BYTES:
        raise Unreadable(f"파일이 너무 큽니다. {MOST_BYTES // 1_000_000}MB 이하로 나누어 올려 주세요.")
    lines = _xlsx(data) if data.startswith(b"PK") else _csv(data)
    table = [(number, cells) for number, cells in enumerate(lines, start=1) if any(cells)]
    if len(table) < 2:
        raise Unreadable("머리글과 줄이 있는 표를 찾지 못했습니다. 첫 줄에 머리글이 있는 파일을 올려 주세요.")
    if len(table) - 1 > MOST_ROWS:
        raise Unreadable(f"한 번에 {MOST_ROWS:,}줄까지 올릴 수 있습니다. 달마다 나누어 올려 주세요.")
    header = tuple(table[0][1])
    while header and not header[-1]:
        header = header[:-1]
    if len(header) > MOST_COLUMNS or len(set(header)) < len(header):
        raise Unreadable("머리글의 이름이 비어 있거나 겹칩니다. 이름을 고친 뒤 다시 올려 주세요.")
    width = len(header)
    rows = tuple((number, (*cells[:width], *[""] * (width - len(cells)))) for number, cells in table[1:])
    return Sheet(header, rows, hashlib.sha256(data).hexdigest())


def _csv(data: bytes) -> list[list[str]]:
    for encoding in ("utf-8-sig", "cp949"):
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise Unreadable("CSV나 XLSX 파일이 아니거나 글자를 읽을 수 없습니다.")
    if "\0" in text:
        raise Unreadable("CSV나 XLSX 파일이 아닙니다.")
    try:
        return [[_text(cell) for cell in row] for row in csv.reader(io.StringIO(text, newline=""))]
    except csv.Error as error:
        raise Unreadable("CSV 파일을 읽을 수 없습니다. 따옴표가 닫혔는지 확인해 주세요.") from error


def _xlsx(data: bytes) -> list[list[str]]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(part.file_size for part in archive.infolist()) > MOST_UNPACKED:
                raise Unreadable("파일을 풀면 너무 큽니다. 나누어 올려 주세요.")
        # values and not formulas: what a formula would do is never asked
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()
        rows: Iterable[tuple[Any, ...]] = sheet.iter_rows(max_row=MOST_ROWS + 2, values_only=True)
        return [[_text(cell) for cell in row] for row in rows]
    except Refused:
        raise
    except Exception as error:  # whatever openpyxl finds wrong with a file that is none
        raise Unreadable("XLSX 파일을 읽을 수 없습니다. 엑셀에서 다시 저장해 올려 주세요.") from error


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return unicodedata.normalize("NFC", str(cell)).strip()[:LONGEST_CELL]
