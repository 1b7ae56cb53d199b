"""A small house with sealed things in it, for a drill: run in the shell of a portal of its own (``test_sealed_backup``).

Everything is made by the use cases themselves: two counsellings that took place, a record of each, and a form with
two files.
"""

from __future__ import annotations

import hashlib
import json
from datetime import date, timedelta

import time_machine
from django.contrib.auth.models import Permission
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils import timezone

from accounts.models import Guardianship, Student, User
from counseling import booking as bookings
from counseling import records
from counseling.models import Booking, Counselor, Record, Slot, Topic
from lifecycle import destruction, retention
from lifecycle.append_only import expiring
from lifecycle.locks import Refused
from questionnaires import building, uploads
from questionnaires.design import Design, Question, Section
from questionnaires.models import Attachment, Questionnaire
from tests.questionnaires.files import pdf

MEMOS = ("요즘 잠을 못 자고 힘들어함", "형과 자주 다툼")
PAGES = (1, 2)  # of the files: by their length one knows them apart


def furnish() -> None:
    now = timezone.now()
    asked = Question(key="record", kind="file", text="생활기록부", personal=True, purpose="함께 읽으려고")
    version = building.begin(Questionnaire.objects.create(name="사전 질문지"))
    design = Design((Section(title="질문", questions=(asked,)),))
    version = building.publish(building.change(version, lambda _old: design, revision=0), by=None)
    topic = Topic.objects.create(
        slug="drill", name="진학상담", modes=["visit"], lead_hours=1, questionnaire=version.questionnaire
    )
    user = User.objects.create_user("counselor@example.com", name="김지우", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=["change_booking", "view_booking"]))
    counselor = Counselor.objects.create(user=user, name="김지우 상담사")
    counselor.topics.set([topic])
    parent = User.objects.create_user("parent@example.com", name="김엄마")
    student = Student.objects.create(name="김하늘", birth_date=date(2011, 5, 5), grade=9, grade_year=2026)
    Guardianship.objects.create(guardian=parent, student=student, relation="mother", confirmed_at=now)
    made = []
    with time_machine.travel(now - timedelta(days=3)):
        for hours in (30, 40):
            begins = now - timedelta(days=3) + timedelta(hours=hours)
            period = DateTimeTZRange(begins, begins + timedelta(minutes=50), "[)")
            slot = Slot.objects.create(counselor=counselor, period=period, modes=["visit"])
            made.append(bookings.book(slot.pk, student=student, topic=topic, mode="visit", by=parent))
        for pages in PAGES:
            taken = {"name": f"{pages}.pdf", "data": pdf(pages=pages), "masked": True, "by": parent}
            uploads.receive(made[0], version, "record", **taken)
    for booking, memo in zip(made, MEMOS, strict=True):
        done = bookings.mark(booking, Booking.State.DONE, by=user)
        records.write(done, records.Entry(memo, "요약", (), None, None, ""), based_on=0, by=user)


def forget() -> None:
    """The family deletes the second file; the second record is destroyed."""
    uploads.delete(Attachment.objects.order_by("pk").last())
    record = Record.objects.order_by("pk").last()
    with transaction.atomic(), expiring():
        destruction.on_request("counseling.record", record)
        retention.kind("counseling.record").destroy(Record.objects.filter(pk=record.pk))


def look() -> None:
    """Print what is there, opened as the house opens it; what cannot be opened as the sentence that people read."""
    found = {"records": [], "files": []}
    for record in Record.objects.order_by("pk"):
        found["records"].append(_sentence(lambda record=record: record.current().memo))
    for attachment in Attachment.objects.order_by("pk"):
        found["files"].append(
            _sentence(lambda file=attachment: hashlib.sha256(uploads.opened(file, to_check=True)).hexdigest())
        )
    print(json.dumps(found, ensure_ascii=False))


def _sentence(opened) -> str:
    try:
        return opened()
    except Refused as refused:
        return str(refused)
