from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError, call_command
from django.utils import timezone

from gumcheon_portal import backup


class Command(BaseCommand):
    help = "백업 파일의 데이터베이스와 올린 파일을 되살리고, 그 뒤에 파기했던 자료를 다시 파기합니다."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        source: Path | None = options["file"]
        if source is None:
            raise CommandError("되살릴 백업 파일을 지정해 주세요: make restore FILE=경로")
        if not source.is_file():
            raise CommandError(f"백업 파일이 없습니다: {source}")
        try:
            contents = backup.restore(source)
        except backup.Unusable as error:
            raise CommandError(str(error)) from error
        call_command("migrate", interactive=False, verbosity=0)
        call_command("createcachetable", verbosity=0)
        call_command("sync_roles", verbosity=0)
        call_command("retain", "--reapply", stdout=self.stdout)
        made_at = timezone.localtime(contents.made_at)
        self.stdout.write(f"되살렸습니다: {made_at:%Y-%m-%d %H:%M} 백업, 올린 파일 {contents.files}개")
        for name in backup.missing_keys(contents):
            self.stderr.write(
                f"백업 당시의 암호 키가 이곳에 없습니다: keys/{name}. 그 키로 잠근 자료는 읽을 수 없습니다."
                + (" 봉인 키라면 그 줄을 키 파일 끝에 되돌려 놓으면 바로 열립니다." if ":" in name else "")
            )
