from __future__ import annotations

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction

from lifecycle.append_only import expiring
from lifecycle.models import AccessLog, Transition

APPEND_ONLY = [
    model
    for model in apps.get_models()
    if any(trigger.name == "append_only_rows" for trigger in getattr(model._meta, "triggers", []))
]


@pytest.fixture
def entry(officer):
    return AccessLog.objects.create(by=officer, act=AccessLog.Act.VIEW, what="학생 1")


def test_the_log_the_trail_and_the_register_are_append_only():
    assert {model._meta.label for model in APPEND_ONLY} >= {
        "lifecycle.AccessLog",
        "lifecycle.Transition",
        "lifecycle.DestructionRecord",
    }


@pytest.mark.parametrize("model", APPEND_ONLY, ids=lambda model: model._meta.label)
def test_the_database_carries_the_triggers_of_every_append_only_table(db, model):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_trigger WHERE tgrelid = %s::regclass AND tgname LIKE 'pgtrigger_append_only%%'"
            " AND tgenabled = 'O'",
            [model._meta.db_table],
        )
        assert cursor.fetchone() == (2,)


def test_a_row_is_not_changed(entry):
    with pytest.raises(IntegrityError, match="only ever added"), transaction.atomic():
        AccessLog.objects.filter(pk=entry.pk).update(what="아무것도 아님")


def test_a_row_is_not_deleted(entry):
    with pytest.raises(IntegrityError, match="only ever added"), transaction.atomic():
        entry.delete()


def test_the_table_is_not_emptied_where_it_is_no_test_database(db):
    with pytest.raises(IntegrityError, match="only ever added"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL portal.truncate = 'off'")
        cursor.execute("TRUNCATE lifecycle_accesslog")


def test_the_retention_alone_deletes(entry):
    with expiring():
        AccessLog.objects.filter(pk=entry.pk).delete()
    assert not AccessLog.objects.exists()


def test_not_even_the_retention_changes_a_row(entry):
    with pytest.raises(IntegrityError, match="only ever added"), expiring():
        AccessLog.objects.filter(pk=entry.pk).update(what="아무것도 아님")


def test_the_door_closes_behind_the_retention(entry):
    with expiring():
        pass
    with pytest.raises(IntegrityError), transaction.atomic():
        entry.delete()


@pytest.mark.parametrize("act", [AccessLog.Act.UNMASK, AccessLog.Act.EXPORT])
def test_the_database_wants_a_reason_for_unmasking_and_exporting(officer, act):
    with pytest.raises(IntegrityError), transaction.atomic():
        AccessLog.objects.create(by=officer, act=act, what="학생 1")
    assert AccessLog.objects.create(by=officer, act=act, what="학생 1", reason="전화 확인")


def test_a_trail_is_only_added_to(officer):
    step = Transition.objects.create(subject=officer, from_state="a", to_state="b")
    with pytest.raises(IntegrityError), transaction.atomic():
        step.delete()
