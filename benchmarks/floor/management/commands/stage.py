from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.core.management import BaseCommand, call_command
from django.utils import timezone

from benchmarks.floor.models import Place

PLACES = 1_000
VISITORS = 64


class Command(BaseCommand):
    help = "Make the floor's tables and rows, and print the session keys of its visitors, one a line."

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("migrate", verbosity=0)
        now = timezone.now()
        Place.objects.bulk_create(
            Place(title=f"진학 상담 {n}", where="상담실", starts_at=now + timedelta(hours=n)) for n in range(PLACES)
        )
        for user in User.objects.bulk_create(User(username=f"visitor{n}") for n in range(VISITORS)):
            session = SessionStore()
            session.update(
                {
                    "visitor": "이용자",
                    SESSION_KEY: str(user.pk),
                    BACKEND_SESSION_KEY: "django.contrib.auth.backends.ModelBackend",
                    HASH_SESSION_KEY: user.get_session_auth_hash(),
                }
            )
            session.create()
            self.stdout.write(session.session_key)
