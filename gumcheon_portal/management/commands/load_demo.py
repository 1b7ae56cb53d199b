from __future__ import annotations

import random
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction

from accounts.models import User
from gumcheon_portal.demo import (
    answers,
    applying,
    attendance,
    camps,
    catalogue,
    draws,
    fair,
    families,
    grants,
    life,
    mailings,
    money,
    moved,
    opinions,
    partners,
    queue,
    reviews,
    rules,
    told,
)
from gumcheon_portal.demo.logins import DOMAIN, printed

SEED = 20260301


class Command(BaseCommand):
    help = "Load a fictitious centre: 12 schools, 6 counsellors, 60 families, three months back and two ahead."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError(
                "체험용 자료는 내장 서버에서만 쓸 수 있습니다. DATABASE_URL이나 SITE_OFFICIAL이 설정된 곳에는 넣지 않습니다."
            )
        if User.objects.filter(email__endswith=f"@{DOMAIN}").exists():
            self.stdout.write("체험용 자료가 이미 있습니다.")
        else:
            call_command("sync_roles", verbosity=0, stdout=self.stdout)  # its staff act by their roles
            call_command("load_plan", stdout=self.stdout)
            self.load()
            if not connection.in_atomic_block:  # tests load it to roll it back
                attendance.certify()
                money.print_out()
        self.stdout.write(printed())

    @transaction.atomic
    def load(self) -> None:
        """Everything or nothing; the same people and times for the same day and seed."""
        rng = random.Random(SEED)  # noqa: S311 -- a repeatable demo, not a secret
        town = families.settle(rng)
        slots = life.timetable(rng, town, life.place())
        life.history(rng, town, slots)
        rules.rules(town)
        life.one_real_booking(town)
        life.family_history(town)
        queue.fill(town)
        moved.ask(town)
        life.calendars(town)
        answers.write(rng, town)
        told.written(rng, town)
        life.programme(town)
        partners.fill(town)
        catalogue.fill()
        applying.applied(town)
        attendance.fill(town)
        mailings.fill(town)
        camps.fill(town)
        draws.fill(town)
        reviews.fill(town)
        fair.fill(town)
        grants.fill(town)
        opinions.fill(rng, town)
        money.fill(town)
        life.news(town)
        self.stdout.write(f"체험용 센터를 만들었습니다: 학생 {len(town.students)}명, 상담 시간 {len(slots)}개.")
