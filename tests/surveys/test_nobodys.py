"""Attack: what the owner of the database can join. Against us no better than chance; against a careless store, always."""

from __future__ import annotations

import random

import pytest
from django.db import connection

from surveys import answering, gathering
from surveys.answering import Given
from surveys.models import Answer, Invitation, Spooled

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE = 12


def stamps(table, key="id"):
    """Every row as the owner sees it: in the order of the file, with the transaction that wrote it."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {key}::text, xmin::text::bigint, ctid::text FROM {table} ORDER BY ctid")  # noqa: S608
        return cursor.fetchall()


def answered_one_by_one(invite, scale):
    """Everybody answers in a transaction of their own, in an order of chance; who said what is written on our hand."""
    invitations = [invite() for _ in range(PEOPLE)]
    random.shuffle(invitations)
    said = {}
    for number, invitation in enumerate(invitations):
        value = number % 5 + 1
        answering.answer(invitation, Given({scale.pk: value}))
        said[str(invitation.pk)] = value
    return said


def guessed(people, answers):
    """The attacker's guess: first used, first stored; both lists in the order of writing, ties as they lie."""
    people = [key for key, _xmin, _place in sorted(people, key=lambda row: row[1])]
    answers = [key for key, _xmin, _place in sorted(answers, key=lambda row: row[1])]
    return dict(zip(people, answers, strict=True))


def test_the_spool_cannot_be_read_from_the_database(invite, scale):
    said = answered_one_by_one(invite, scale)

    with connection.cursor() as cursor:
        cursor.execute("SELECT content FROM surveys_spooled")
        lying = [bytes(row[0]) for row in cursor.fetchall()]
    assert len(lying) == len(said)
    assert len({len(one) for one in lying}) == 1  # the length tells nothing
    for one in lying:
        assert b"values" not in one
        assert b"topic" not in one
    assert {field.name for field in Spooled._meta.fields} == {"id", "content"}


def test_all_of_a_batch_bear_the_same_stamp(invite, scale):
    answered_one_by_one(invite, scale)
    assert gathering.gather() == PEOPLE

    assert len({xmin for _key, xmin, _place in stamps("surveys_answer")}) == 1


def test_who_owns_the_database_does_no_better_than_chance(invite, scale):
    """Over many batches the best ordering of the rows finds 1 of ``PEOPLE`` each time, as blind guessing does."""
    rounds, found = 40, 0
    for _ in range(rounds):
        Answer.objects.all().delete()
        Invitation.objects.all().delete()
        said = answered_one_by_one(invite, scale)
        marks = {}
        for row in Spooled.objects.all():  # our own eyes: which answer is whose, by a mark nobody else sees
            marks[str(row.pk)] = row.content["values"]
        gathering.gather()
        rows = stamps("surveys_answer")
        values = dict(Answer.objects.values_list("pk", "values"))
        values = {str(key): value[str(scale.pk)] for key, value in values.items()}
        guess = guessed(stamps("surveys_invitation"), rows)
        found += sum(values[answer] == said[person] for person, answer in guess.items())
    chance = rounds * sum((sum(v == n for v in said.values())) ** 2 / PEOPLE for n in range(1, 6))
    assert abs(found - chance) < 5 * (rounds * PEOPLE * 0.2 * 0.8) ** 0.5


def test_the_same_attacker_reads_a_careless_store(invite, scale):
    """A row of the answer written beside its invitation: the stamp joins them."""
    from django.db import transaction

    invitations = [invite() for _ in range(PEOPLE)]
    random.shuffle(invitations)
    said = {}
    for number, invitation in enumerate(invitations):
        with transaction.atomic():
            Invitation.objects.filter(pk=invitation.pk).update(is_answered=True)
            Answer.objects.create(
                survey=invitation.survey,
                subject=invitation.subject,
                quarter="2026-10-01",
                values={str(scale.pk): number % 5 + 1},
            )
        said[str(invitation.pk)] = number % 5 + 1
    values = {str(pk): value[str(scale.pk)] for pk, value in Answer.objects.values_list("pk", "values")}

    guess = guessed(stamps("surveys_invitation"), stamps("surveys_answer"))

    assert sum(values[answer] == said[person] for person, answer in guess.items()) == PEOPLE


def test_no_sequence_counts_answers():
    with connection.cursor() as cursor:
        cursor.execute("SELECT sequencename FROM pg_sequences WHERE sequencename LIKE 'surveys_%'")
        counted = {row[0] for row in cursor.fetchall()}
    assert not {name for name in counted if "answer" in name or "comment" in name or "spooled" in name}
