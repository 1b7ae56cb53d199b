"""``manage.py verify_draw FILE``: repeat a draw from its proof file alone; no database is asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from programs import drawing


class Command(BaseCommand):
    help = "추첨 증명 파일 하나만으로 추첨을 다시 계산해, 결과가 같은지 알려 줍니다. 데이터베이스는 쓰지 않습니다."
    requires_system_checks = []
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", help="결과 페이지에서 내려받은 증명 파일(JSON)")

    def handle(self, *args: Any, file: str, **options: Any) -> None:
        try:
            verdict = drawing.verify(Path(file).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"파일을 읽지 못했습니다: {error}") from None
        except drawing.Malformed as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"목록 해시 {verdict.list_sha256}")
        self.stdout.write(f"신청 {verdict.entries}건, 선정 {verdict.selected}건, 예비 {verdict.reserves}건")
        if not verdict.agrees:
            raise CommandError(f"다릅니다. {verdict.difference}")
        self.stdout.write("같습니다. 규칙, 목록, 씨앗값으로 다시 계산한 결과가 파일의 결과와 같습니다.")
