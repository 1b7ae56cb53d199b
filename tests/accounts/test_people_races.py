from __future__ import annotations

import threading
from contextlib import suppress
from datetime import date

import pytest

from accounts import family, signup
from accounts.models import Student, User
from lifecycle.locks import Refused

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def meeting_point(monkeypatch):
    """Hold each child just before it is saved until two have arrived, or for a second."""
    barrier, save = threading.Barrier(2, timeout=1), Student.save

    def wait(student, *args, **kwargs):
        with suppress(threading.BrokenBarrierError):
            barrier.wait()
        save(student, *args, **kwargs)

    monkeypatch.setattr(Student, "save", wait)


def adder(guardian, number):
    def add():
        child = Student(name=f"김하늘{'가나'[number]}", birth_date=date(2010, 1, 1), grade=10)
        return family.add_child(guardian, child, relation="mother", consented=False)

    return add


def test_two_tabs_do_not_pass_the_cap_on_children_together(person, at_once, meeting_point, monkeypatch):
    monkeypatch.setattr(family, "MOST_CHILDREN", 1)
    guardian = person()

    results = at_once(adder(guardian, 0), adder(guardian, 1))

    assert Student.objects.count() == 1
    assert sum(isinstance(result, Refused) for result in results) == 1


def test_without_the_lock_they_do(person, at_once, meeting_point, monkeypatch):
    monkeypatch.setattr(family, "MOST_CHILDREN", 1)
    monkeypatch.setattr(family, "lock", lambda queryset, pk: queryset.get(pk=pk))
    guardian = person()

    at_once(adder(guardian, 0), adder(guardian, 1))

    assert Student.objects.count() == 2


def test_one_address_makes_one_account_however_often_it_is_sent(at_once):
    def register():
        born = date(1985, 5, 5)
        return signup.register(
            "01000009001", name="김보호", birth_date=born, password="금천의 봄 2026", marketing=False
        )

    results = at_once(*[register] * 4)

    assert User.objects.count() == 1
    assert sum(isinstance(result, User) for result in results) == 1
    assert sum(isinstance(result, Refused) for result in results) == 3


def test_two_people_cannot_take_one_address_over(person, at_once):
    people = [person(email="a@example.com"), person(email="b@example.com")]

    results = at_once(*[lambda user=user: signup.change_contact(user, "01000009001") for user in people])

    assert User.objects.filter(phone="01000009001").count() == 1
    assert sum(isinstance(result, Refused) for result in results) == 1
