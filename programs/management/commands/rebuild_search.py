from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from programs.models import ProgramWords


class Command(BaseCommand):
    help = "Write anew the words by which programmes are found. Triggers keep them; this is for after a repair by hand."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"검색말을 다시 만들었습니다: 프로그램 {ProgramWords.rebuild()}개.")
