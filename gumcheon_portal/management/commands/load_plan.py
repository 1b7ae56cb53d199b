from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from gumcheon_portal.plan import loading


class Command(BaseCommand):
    help = "사업계획서의 상담 주제와 프로그램, 정책 본문, 공휴일을 등록합니다. 이미 있는 것은 건드리지 않습니다."

    def handle(self, *args: Any, **options: Any) -> None:
        added = {what: number for what, number in loading.load().items() if number}
        if added:
            self.stdout.write("새로 등록했습니다: " + ", ".join(f"{what} {number}건" for what, number in added.items()))
        else:
            self.stdout.write("이미 모두 등록되어 있습니다.")
