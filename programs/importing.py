"""명단으로 신청 받기: a file of students, each entered as for a caller; looked at first, then all of them or nobody.

A line names a student of the house by name and birth date. What is said of each line is what ``enrolment.apply``
says: the look is the act itself, taken back. A cell that a spreadsheet takes for a formula is refused.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from openpyxl import load_workbook

from accounts import callers
from accounts.models import Student
from lifecycle.locks import Refused, contended, lock_all
from programs import enrolment, waiting
from programs.enrolment import Entrant, People
from programs.models import Participant
from tables.files import FORMULA

if TYPE_CHECKING:
    from accounts.models import User

COLUMNS = ("이름", "생년월일", "남길 말")
MOST = 300  # lines
MOST_BYTES = 1_000_000
MOST_UNPACKED = 20_000_000
MOST_REMARK = 500

_DAY = re.compile(r"\s*(\d{4})\s*[-./년]?\s*(\d{1,2})\s*[-./월]?\s*(\d{1,2})\s*[.일]?\s*")


class Unreadable(Refused):
    """The file is none, or holds no list."""


@dataclass(frozen=True)
class Line:
    """One line as it was written; ``number`` counts as the spreadsheet does."""

    number: int
    name: str
    born: str
    remark: str = ""


@dataclass(frozen=True)
class Result:
    """What became of a line, or would: the state of its application, or why there is none."""

    line: Line
    state: str = ""
    error: str = ""


@dataclass(frozen=True)
class Report:
    results: list[Result]
    students: list[Student]
    done: bool

    @property
    def errors(self) -> int:
        return sum(bool(one.error) for one in self.results)


# --- The file ----------------------------------------------------------------------------------
def read(content: bytes) -> list[Line]:
    """The lines of a CSV (UTF-8, or as Korean spreadsheets save it) or XLSX file whose head is ``COLUMNS``.

    Raises:
        Unreadable: with a sentence.
    """
    if len(content) > MOST_BYTES:
        raise Unreadable("1MB보다 큰 파일은 받지 않습니다. 여러 파일로 나누어 주세요.")
    rows = _xlsx(content) if content.startswith(b"PK") else _csv(content)
    head = [cell.strip() for cell in rows[0]] if rows else []
    if tuple(head[:2]) != COLUMNS[:2] or (len(head) > 2 and head[2] not in {COLUMNS[2], ""}):
        raise Unreadable("첫 줄은 ‘이름, 생년월일, 남길 말’이어야 합니다. 빈 양식을 내려받아 써 주세요.")
    lines = [Line(number, *_three(row)) for number, row in enumerate(rows[1:], start=2) if any(map(str.strip, row))]
    if not lines:
        raise Unreadable("학생이 한 명도 없습니다.")
    if len(lines) > MOST:
        raise Unreadable(f"한 번에 {MOST}명까지 넣을 수 있습니다. 여러 파일로 나누어 주세요.")
    return lines


def _three(row: Sequence[str]) -> tuple[str, str, str]:
    name, born, remark = (*(cell.strip() for cell in row[:3]), "", "", "")[:3]
    return name, born, remark


def _csv(content: bytes) -> list[list[str]]:
    for encoding in ("utf-8-sig", "cp949"):
        try:
            return list(csv.reader(io.StringIO(content.decode(encoding), newline=""), strict=True))
        except UnicodeDecodeError:
            continue
        except csv.Error:
            break
    raise Unreadable("읽을 수 없는 파일입니다. 엑셀(XLSX)이나 CSV로 저장해 주세요.")


def _xlsx(content: bytes) -> list[list[str]]:
    """Formulas are read as they are written, so that they can be refused."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            if sum(part.file_size for part in parts.infolist()) > MOST_UNPACKED:
                raise Unreadable("너무 큰 파일입니다. 명단만 남기고 다시 저장해 주세요.")
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=False)
        rows = book.worksheets[0].iter_rows(max_row=MOST + 1000, max_col=len(COLUMNS), values_only=True)
        return [[_text(cell) for cell in row] for row in rows]
    except Unreadable:
        raise
    except Exception as error:  # whatever openpyxl finds wrong with a file that is none
        raise Unreadable("읽을 수 없는 파일입니다. 엑셀(XLSX)이나 CSV로 저장해 주세요.") from error


def _text(cell: Any) -> str:
    if isinstance(cell, datetime | date):
        return f"{cell:%Y-%m-%d}"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell)


def birth_date(text: str) -> date | None:
    """``2011-05-05``, ``2011. 5. 5.``, ``20110505``; nothing for what is no day."""
    found = _DAY.fullmatch(text)
    try:
        return date(*map(int, found.groups())) if found else None
    except ValueError:
        return None


# --- The act -----------------------------------------------------------------------------------
def enter(run_id: int, lines: Sequence[Line], *, by: User, dry: bool) -> Report:
    """Apply for all of ``lines`` or for nobody; with ``dry`` say what would come of each and do nothing.

    One transaction under the run's lock, then the students' by key, however the file orders them.

    Raises:
        Unreadable: somebody else holds the run too long.
    """
    known = _known(lines, by)
    with contended(str(waiting.BUSY), Unreadable), transaction.atomic():
        waiting.enter(run_id)
        lock_all(Student.objects.only("pk"), [one.pk for found in known.values() for one in found])
        results = [_one(run_id, line, known, by) for line in lines]
        failed = any(one.error for one in results)
        if dry or failed:
            transaction.set_rollback(True)
    students = {found[0].pk: found[0] for found in known.values() if len(found) == 1}
    return Report(results, list(students.values()), done=not dry and not failed)


def _known(lines: Iterable[Line], by: User) -> dict[tuple[str, date | None], list[Student]]:
    """Students whom ``by`` may enter, by name and birth date; one query."""
    found: dict[tuple[str, date | None], list[Student]] = defaultdict(list)
    for student in callers.students(by).filter(name__in={line.name for line in lines}).order_by("pk"):
        found[student.name, student.birth_date].append(student)
    wanted = {(line.name, birth_date(line.born)) for line in lines}
    return {key: students for key, students in found.items() if key in wanted}


def _one(run_id: int, line: Line, known: dict[tuple[str, date | None], list[Student]], by: User) -> Result:
    if error := _wrong(line):
        return Result(line, error=error)
    students = known.get((line.name, birth_date(line.born)), [])
    if not students:
        return Result(line, error="이름과 생년월일이 같은 학생이 없습니다. 먼저 학생을 등록해 주세요.")
    if len(students) > 1:
        return Result(line, error="이름과 생년월일이 같은 학생이 여럿입니다. ‘전화·방문 신청’에서 골라 신청해 주세요.")
    party = People((Entrant(Participant.Role.STUDENT, student_id=students[0].pk),))
    try:
        (made,) = enrolment.apply(run_id, [party], by=by, on_behalf=True, remark=line.remark)
    except Refused as refused:
        return Result(line, error=str(refused))
    return Result(line, state=made.get_state_display())


def _wrong(line: Line) -> str:
    if any(cell.startswith(FORMULA) for cell in (line.name, line.born, line.remark)):
        return "수식이나 기호(=, +, -, @)로 시작하는 칸은 받지 않습니다."
    if not line.name or birth_date(line.born) is None:
        return "이름과 생년월일(예: 2011-05-05)을 적어 주세요."
    if len(line.remark) > MOST_REMARK:
        return f"남길 말은 {MOST_REMARK}자까지 적어 주세요."
    return ""
