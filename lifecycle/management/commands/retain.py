from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from lifecycle import destruction, retention
from lifecycle.destruction import NotDestroyed
from lifecycle.models import DestructionRecord

COUNT_CAP = 1_000_000


class Command(BaseCommand):
    help = "보존 기간이 지난 자료를 살펴보고, 파기 계획을 만들고, 승인된 계획을 실행합니다."

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--dry-run", action="store_true", help="기간이 지난 자료가 몇 건인지 보여 주기만 합니다.")
        what.add_argument("--plan", action="store_true", help="승인이 필요한 자료의 파기 계획을 만듭니다.")
        what.add_argument("--run", action="store_true", help="자동 파기 대상과 승인된 계획을 파기합니다.")
        what.add_argument("--reapply", action="store_true", help="백업에서 복구한 뒤, 파기했던 자료를 다시 파기합니다.")
        parser.add_argument("--by", metavar="EMAIL", help="--plan을 요청하는 직원. 이 사람은 승인할 수 없습니다.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["by"] and not options["plan"]:
            raise CommandError("--by는 --plan과 함께 씁니다.")
        chosen = next(name for name in ("dry_run", "plan", "run", "reapply") if options[name])
        getattr(self, chosen)(options["by"])

    def dry_run(self, _by: str | None) -> None:
        over = retention.over(timezone.now(), cap=COUNT_CAP)
        for kind in retention.kinds():
            how = "자동" if kind.automatic else "승인 뒤"
            self.stdout.write(f"{over[kind.code]:>8,}건  {kind.label} ({kind.period}, {how}) · {kind.basis}")

    def plan(self, by: str | None) -> None:
        person = None
        if by and (person := get_user_model().objects.filter(email__iexact=by, is_staff=True).first()) is None:
            raise CommandError(f"{by}: 그런 직원이 없습니다.")
        plans = destruction.draft_all(by=person)
        for plan in plans:
            self.stdout.write(f"계획 {plan.pk}: {plan} (승인 대기)")
        if not plans:
            self.stdout.write("새로 계획할 것이 없습니다.")

    def run(self, _by: str | None) -> None:
        self.say("파기", "파기한 것이 없습니다.", *destruction.run())

    def reapply(self, _by: str | None) -> None:
        self.say("다시 파기", "다시 파기할 것이 없습니다.", *destruction.reapply())

    def say(self, done: str, nothing: str, records: list[DestructionRecord], failures: list[NotDestroyed]) -> None:
        for record in records:
            self.stdout.write(f"{done}: {record}")
        for failure in failures:
            self.stderr.write(str(failure))
        if not records:
            self.stdout.write(nothing)
