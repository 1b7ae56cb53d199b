"""Who left stays forgotten, also when a backup from before comes back."""

from __future__ import annotations

import pytest

from accounts import leaving
from accounts.models import Guardianship, Student, User
from lifecycle import destruction
from lifecycle.models import DestructionRecord

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def ledger(settings, tmp_path):
    settings.DESTRUCTION_LEDGER = tmp_path / "destroyed.jsonl"


@pytest.fixture
def family():
    parent = User.objects.create_user("parent@example.com", name="남궁민수", phone="01000001234")
    child = Student.objects.create(name="남궁하늘", birth_date="2014-05-06", grade=6)
    Guardianship.objects.create(guardian=parent, student=child, relation="mother", confirmed_at=parent.date_joined)
    return parent, child


def test_a_restore_forgets_them_again(family):
    before = [(type(row), row.pk, {f.attname: getattr(row, f.attname) for f in row._meta.fields[1:]}) for row in family]
    leaving.leave(family[0])
    for model, pk, fields in before:
        model.objects.filter(pk=pk).update(**fields)
    assert User.objects.filter(name="남궁민수").exists()

    records, failures = destruction.reapply()

    assert failures == []
    assert {record.kind for record in records} == {"accounts.left_user", "accounts.left_student"}
    assert not User.objects.filter(name="남궁민수").exists()
    assert not User.objects.exclude(phone=None).exists()
    assert Student.objects.get().name == leaving.GONE_STUDENT


def test_the_register_says_that_they_asked_for_it(family):
    leaving.leave(family[0])

    assert set(DestructionRecord.objects.values_list("kind", "remark")) == {
        ("accounts.left_user", "본인 요청"),
        ("accounts.left_student", "본인 요청"),
    }


def test_nobody_who_stays_is_touched(family):
    assert destruction.reapply() == ([], [])
    assert User.objects.get().name == "남궁민수"
