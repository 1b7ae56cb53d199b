from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from centre import public_holidays


class Command(BaseCommand):
    help = "공휴일을 등록합니다. 이미 있는 날은 건드리지 않습니다."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("years", nargs="+", type=int, metavar="YEAR", help="연도, 예: 2026 2027")

    def handle(self, *args: Any, years: list[int], **options: Any) -> None:
        added = public_holidays.load(*years)
        self.stdout.write(f"{', '.join(map(str, years))}년 공휴일 {added}일을 새로 등록했습니다.")
