"""The list of schools as NEIS gives it out: CSV from the open-data page or JSON from its API."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import School

# What we keep, under the headings of the CSV file and under the names of the API.
COLUMNS = {
    "office_code": ("시도교육청코드", "ATPT_OFCDC_SC_CODE"),
    "neis_code": ("행정표준코드", "SD_SCHUL_CODE"),
    "name": ("학교명", "SCHUL_NM"),
    "kind": ("학교종류명", "SCHUL_KND_SC_NM"),
    "high_kind": ("고등학교구분명", "HS_SC_NM"),
    "address": ("도로명주소", "ORG_RDNMA"),
}
NEEDED = ("office_code", "neis_code", "name", "kind")
KINDS = (
    ("초등학교", School.Kind.ELEMENTARY),
    ("중학교", School.Kind.MIDDLE),
    ("고등학교", School.Kind.HIGH),
    ("특수학교", School.Kind.SPECIAL),
)
OFFICE_CODE, SCHOOL_CODE = re.compile(r"[A-Z]\d{2}"), re.compile(r"[A-Z]?\d{7,9}")
DISTRICT = "금천구"
MOST_FAULTS = 20


class BadFile(Exception):
    """The file cannot be loaded; ``str()`` says what is wrong, row by row, and nothing was changed."""


@dataclass(frozen=True)
class Loaded:
    """What loading a file did."""

    added: int
    changed: int
    unchanged: int
    closed: int


def load(path: Path, *, close_missing: bool = False) -> Loaded:
    """Make the table of schools agree with a file; loading it again changes nothing.

    Schools are known by office and school code, so a school that changed its name keeps its pupils.
    ``close_missing`` ends schools of the same offices that the file no longer names.

    Raises:
        BadFile: unreadable, of unknown shape, or with faulty rows.
    """
    wanted = _schools(path)
    with transaction.atomic():
        known = {(school.office_code, school.neis_code): school for school in School.objects.select_for_update()}
        added, changed = [], []
        for codes, values in wanted.items():
            school = known.get(codes)
            if school is None:
                added.append(School(**values))
            elif any(getattr(school, field) != value for field, value in values.items()) or school.valid_until:
                for field, value in values.items():
                    setattr(school, field, value)
                school.valid_until = None
                changed.append(school)
        School.objects.bulk_create(added, batch_size=1000)
        School.objects.bulk_update(changed, [*COLUMNS, "is_local", "valid_until"], batch_size=1000)
        closed = _close(wanted.keys()) if close_missing else 0
    return Loaded(len(added), len(changed), len(wanted) - len(added) - len(changed), closed)


def _close(kept: Any) -> int:
    offices = {office for office, _ in kept}
    current = School.objects.current().filter(office_code__in=offices)
    gone = [school.pk for school in current if (school.office_code, school.neis_code) not in kept]
    return School.objects.filter(pk__in=gone).update(valid_until=timezone.localdate())


def _schools(path: Path) -> dict[tuple[str, str], dict[str, Any]]:
    """The file's schools by their codes."""
    schools: dict[tuple[str, str], dict[str, Any]] = {}
    faults: list[str] = []
    for number, row in _rows(path):
        values = {field: str(_value(row, names)).strip() for field, names in COLUMNS.items()}
        if fault := _fault(values):
            faults.append(f"{number}행: {fault}")
            continue
        values["kind"] = next((kind for word, kind in KINDS if values["kind"].endswith(word)), School.Kind.OTHER)
        values["is_local"] = DISTRICT in values["address"]
        codes = (values["office_code"], values["neis_code"])
        if codes in schools and schools[codes] != values:
            faults.append(f"{number}행: 학교 코드 {codes[1]}이(가) 다른 내용으로 두 번 나옵니다.")
        schools[codes] = values
    if faults:
        rest = f"\n… 모두 {len(faults)}건" if len(faults) > MOST_FAULTS else ""
        raise BadFile("고칠 곳이 있어 아무것도 바꾸지 않았습니다.\n" + "\n".join(faults[:MOST_FAULTS]) + rest)
    if not schools:
        raise BadFile("학교가 하나도 없는 파일입니다.")
    return schools


def _fault(values: dict[str, str]) -> str:
    """What is wrong with one row; empty when nothing is."""
    if empty := [COLUMNS[field][0] for field in NEEDED if not values[field]]:
        return f"{', '.join(empty)}이(가) 비어 있습니다."
    if not OFFICE_CODE.fullmatch(values["office_code"]):
        return f"시도교육청코드 {values['office_code']!r}은(는) B10 같은 꼴이 아닙니다."
    if not SCHOOL_CODE.fullmatch(values["neis_code"]):
        hint = " 표 계산 프로그램이 앞자리 0을 지웠을 수 있습니다." if values["neis_code"].isdigit() else ""
        return f"행정표준코드 {values['neis_code']!r}은(는) 7010057 같은 꼴이 아닙니다.{hint}"
    for field, value in values.items():
        longest = School._meta.get_field(field).max_length
        if field != "kind" and longest and len(value) > longest:
            return f"{COLUMNS[field][0]}이(가) {longest}자를 넘습니다."
    return ""


def _value(row: dict[str, Any], names: tuple[str, ...]) -> Any:
    return next((row[name] for name in names if row.get(name) is not None), "")


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Each row with the number under which its reader finds it."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise BadFile(f"파일을 읽을 수 없습니다: {path}") from error
    text = _text(raw)
    rows = _json_rows(text) if text.lstrip()[:1] in {"{", "["} else _csv_rows(text)
    for number, row in rows:
        if not any(name in row for name in COLUMNS["neis_code"]):
            raise BadFile("나이스 학교기본정보 파일이 아닙니다. '행정표준코드'나 'SD_SCHUL_CODE' 칸이 있어야 합니다.")
        yield number, row


def _text(raw: bytes) -> str:
    for encoding in ("utf-8-sig", "cp949"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BadFile("글자를 읽을 수 없습니다. UTF-8이나 CP949(EUC-KR)로 저장해 주세요.")


def _csv_rows(text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    reader = csv.DictReader(io.StringIO(text, newline=""))
    for row in reader:
        yield reader.line_num, row


def _json_rows(text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise BadFile(f"JSON을 읽을 수 없습니다: {error.lineno}번째 줄") from error
    if isinstance(data, dict):
        parts = data.get("schoolInfo", [])
        data = [row for part in parts if isinstance(part, dict) for row in part.get("row", [])]
    if not isinstance(data, list) or not all(isinstance(row, dict) for row in data):
        raise BadFile("나이스 API의 schoolInfo 꼴이 아닙니다.")
    yield from enumerate(data, start=1)
