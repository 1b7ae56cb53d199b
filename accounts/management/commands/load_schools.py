from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts import neis


class Command(BaseCommand):
    help = "나이스(NEIS) 학교기본정보 파일(CSV 또는 JSON)로 학교 목록을 맞춥니다. 여러 번 실행해도 됩니다."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument(
            "--close-missing",
            action="store_true",
            help="파일에 있는 교육청의 학교 가운데 파일에 없는 학교를 오늘로 닫습니다. 전체 목록 파일일 때만 쓰세요.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            done = neis.load(options["file"], close_missing=options["close_missing"])
        except neis.BadFile as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"학교: 새로 {done.added}곳, 바뀜 {done.changed}곳, 그대로 {done.unchanged}곳, 닫음 {done.closed}곳"
        )
