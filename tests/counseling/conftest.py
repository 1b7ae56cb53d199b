"""One counsellor, one topic, a family: the smallest centre in which something can be booked."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.contrib.auth.models import Permission
from django.db import connection, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from accounts.models import Guardianship, Student, User
from counseling import booking as bookings
from counseling import changing, records, taking
from counseling.models import Booking, BookingChange, Counselor, Slot, SlotOffer, Topic
from counseling.records import Entry
from counseling.roles import ROLE_PERMISSIONS
from intake.models import RuleSet
from lifecycle import locks
from lifecycle.append_only import expiring
from notices.models import Notice

MEMO = "요즘 잠을 못 자고 친구 문제로 힘들어함"
SUMMARY = "희망 계열과 과목을 함께 살펴보았습니다."
ITEMS = ("권장 과목 표를 보고 세 과목 고르기", "독서 기록 한 편 쓰기")
NOW = "2026-11-23 09:00+09:00"  # a Monday


@pytest.fixture(autouse=True)
def monday_morning():
    """Every test starts on the same morning and moves the clock itself."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def one_factor_is_enough(settings):
    """The second factor has tests of its own; here staff are simply logged in."""
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "second_factor" not in name]


@pytest.fixture
def strikes_always_known(db):
    """As if this database had written no-shows down for years; here it was made after the tests' own Monday."""
    MigrationRecorder.Migration.objects.filter(app="intake").update(applied="2020-01-01T00:00Z")


@pytest.fixture
def topic(db):
    return Topic.objects.create(
        slug="admission", name="1:1 진학상담", minutes=50, modes=["visit", "phone"], lead_hours=24, horizon_days=30
    )


@pytest.fixture
def rule(topic):
    """Give a topic rules of its own: ``rule(open_most=1)``."""

    def rule(on=topic, **columns):
        rules = on.rules or RuleSet(name=f"{on.name} 규칙")
        for name, value in columns.items():
            setattr(rules, name, value)
        rules.save()
        on.rules = rules
        on.save(update_fields=["rules"])
        return rules

    return rule


@pytest.fixture
def make_counselor(topic):
    def make(name="김지우 상담사", topics=(topic,)):
        number = User.objects.count()
        user = User.objects.create_user(f"counselor{number}@example.com", name=name, is_staff=True)
        counselor = Counselor.objects.create(user=user, name=name)
        counselor.topics.set(topics)
        return counselor

    return make


@pytest.fixture
def counselor(make_counselor):
    return make_counselor()


@pytest.fixture
def make_slot(counselor):
    def make(start="2026-11-25 14:00", minutes=50, counselor=counselor, modes=("visit", "phone"), **fields):
        begins = timezone.make_aware(datetime.fromisoformat(start)) if isinstance(start, str) else start
        period = DateTimeTZRange(begins, begins + timedelta(minutes=minutes), "[)")
        return Slot.objects.create(counselor=counselor, period=period, modes=list(modes), **fields)

    return make


@pytest.fixture
def slot(make_slot):
    return make_slot()


@pytest.fixture
def make_student(db):
    def make(name="김하늘", *guardians):
        student = Student.objects.create(name=name, birth_date=date(2011, 5, 5), grade=9, grade_year=2026)
        for guardian in guardians:
            Guardianship.objects.create(
                guardian=guardian, student=student, relation="mother", confirmed_at=timezone.now()
            )
        return student

    return make


@pytest.fixture
def make_parent(db):
    def make(name="김엄마", email=None, phone=None):
        number = User.objects.count()
        verified = datetime(2026, 1, 1, tzinfo=UTC) if phone else None
        return User.objects.create_user(
            email or f"parent{number}@example.com", name=name, phone=phone, phone_verified_at=verified
        )

    return make


@pytest.fixture
def parent(make_parent):
    return make_parent(phone="01000000001")


@pytest.fixture
def student(make_student, parent):
    return make_student("김하늘", parent)


# --- Records -----------------------------------------------------------------------------------


def grant(user, role, *more):
    names = [name.partition(".")[2] for name in ROLE_PERMISSIONS[role]] + list(more)
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    return user


@pytest.fixture
def me(counselor):
    return grant(counselor.user, "상담사", "view_student")


@pytest.fixture
def chief(db):
    return grant(User.objects.create_user("chief@example.com", name="박팀장", is_staff=True), "팀장(승인)")


@pytest.fixture
def colleague(make_counselor):
    return grant(make_counselor("이도윤 상담사").user, "상담사", "view_student")


@pytest.fixture
def done(slot, student, topic, parent, monday_morning):
    """A counselling that took place on Wednesday; it is Wednesday evening."""
    booking = bookings.book(slot.pk, student=student, topic=topic, mode="visit", by=parent)
    monday_morning.move_to("2026-11-25 18:00+09:00")
    return bookings.mark(booking, Booking.State.DONE, by=slot.counselor.user)


@pytest.fixture
def entry(topic):
    return Entry(MEMO, SUMMARY, ITEMS, topic, date(2026, 12, 9), "성적표")


@pytest.fixture
def record(done, entry, me):
    return records.write(done, entry, based_on=0, by=me)


@pytest.fixture
def login(student):
    """The student's own account."""
    user = User.objects.create_user("child@example.com", name=student.name)
    Student.objects.filter(pk=student.pk).update(user=user)
    student.refresh_from_db()
    return user


@pytest.fixture
def without_lock_on(monkeypatch):
    """Take some kinds of row locks away from booking and changing, and leave everything else as it is."""

    def remove(*kinds):
        def lock(queryset, pk):
            return queryset.get(pk=pk) if queryset.model in kinds else locks.lock(queryset, pk)

        def lock_key(model, pk):
            return None if model in kinds else locks.lock_key(model, pk)

        for module in (bookings, changing, taking):
            monkeypatch.setattr(module, "lock", lock)
            monkeypatch.setattr(module, "lock_key", lock_key)

    return remove


@pytest.fixture
def constraint_away():
    """Drop constraints for one test; put them back when the rows are gone."""
    away = []

    def drop(model, name):
        constraint = next(one for one in model._meta.constraints if one.name == name)
        away.append((model, constraint))
        with connection.schema_editor() as editor:
            editor.remove_constraint(model, constraint)

    yield drop
    Notice.objects.all().delete()
    with transaction.atomic(), expiring():
        BookingChange.objects.all().delete()
    Booking.objects.all().delete()
    SlotOffer.objects.all().delete()
    Slot.objects.all().delete()
    for model, constraint in away:
        with connection.schema_editor() as editor:
            editor.add_constraint(model, constraint)
