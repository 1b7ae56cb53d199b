from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts import roles


class Command(BaseCommand):
    help = "각 역할(그룹)의 권한을 코드에 적힌 대로 맞춥니다. 여러 번 실행해도 됩니다."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            counts = roles.sync()
        except roles.UnknownPermission as error:
            raise CommandError(str(error)) from error
        if options["verbosity"] > 0:
            for role, count in counts.items():
                self.stdout.write(f"{role}: 권한 {count}개")
