from __future__ import annotations

import sys
from argparse import ArgumentTypeError
from collections.abc import Callable
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.template.loader import render_to_string
from django.utils import timezone

from budget.reports import REPORTS, UNITS
from budget.sums import Known
from documents import making
from documents.pdf import RenderError
from tables.files import as_csv, as_json, as_xlsx
from tables.values import Table

FORMATS: dict[str, Callable[[Table], bytes]] = {
    "csv": as_csv,
    "json": as_json,
    "xlsx": as_xlsx,
    "html": lambda table: render_to_string("budget/table.html", {"table": table}).encode(),
    "pdf": lambda table: making.unnumbered([table], title=table.title, dated=_end_of(table.as_of)),
}


class Command(BaseCommand):
    help = "예산 표를 파일로 씁니다. 기준일을 주면 그날 끝에 알려져 있던 그대로 씁니다."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("table", nargs="?", choices=REPORTS, default="plan", help="어느 표(기본: plan)")
        parser.add_argument("--table", dest="named", choices=REPORTS, default=None, help="어느 표인지 이름으로")
        parser.add_argument("--unit", choices=UNITS, default=None, help="금액 단위(기본: 표마다 정해진 단위)")
        parser.add_argument("--format", choices=FORMATS, default="csv")
        parser.add_argument("--as-of", type=_day, default=None, metavar="YYYY-MM-DD", help="기준일(기본: 오늘)")
        parser.add_argument("--year", type=int, default=None, help="회계연도(기본: 기준일의 해)")
        parser.add_argument("-o", "--output", type=Path, default=None, metavar="FILE", help="없으면 표준 출력")

    def handle(self, *args: Any, **options: Any) -> None:
        day = options["as_of"] or timezone.localdate()
        report = REPORTS[options["named"] or options["table"]]
        unit = UNITS[options["unit"]] if options["unit"] else None
        table = report.of(Known(day), options["year"] or day.year, unit)
        if not table:
            raise CommandError("그 해에는 기록이 없습니다.")
        try:
            content = FORMATS[options["format"]](table)
        except RenderError as error:
            raise CommandError(str(error)) from error
        if options["output"] is None:
            sys.stdout.buffer.write(content)
            return
        try:
            options["output"].write_bytes(content)
        except OSError as error:
            raise CommandError(f"파일을 쓰지 못했습니다: {error.strerror} ({options['output']})") from error
        self.stdout.write(f"{options['output']}에 썼습니다.")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError("날짜는 2026-11-24처럼 적어 주세요.") from error


def _end_of(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(23, 59, 59)))
