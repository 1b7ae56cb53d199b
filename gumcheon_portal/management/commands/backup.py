from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError
from django.utils import timezone

from gumcheon_portal import backup


class Command(BaseCommand):
    help = "데이터베이스와 올린 파일을 파일 하나에 담습니다. 암호 키는 담지 않습니다."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, help="없으면 데이터 폴더의 backups/에 날짜로 저장합니다.")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.localtime()
        folder = Path(settings.PORTAL_DATA) / "backups"
        target: Path = options["file"] or folder / f"portal-{now:%Y%m%d-%H%M%S}.tar"
        try:
            contents = backup.make(target)
        except (backup.Unusable, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"백업했습니다: {target} (올린 파일 {contents.files}개, {target.stat().st_size:,}바이트)")
        for old in backup.prune(folder, now):
            self.stdout.write(f"보관 기간 {settings.BACKUP_DAYS}일이 지난 백업을 지웠습니다: {old.name}")
        self.stdout.write(
            f"암호 키는 들어 있지 않습니다. 백업과 다른 곳에 따로 보관해 주세요: {settings.PORTAL_DATA}/keys"
        )
