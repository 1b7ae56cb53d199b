from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from lifecycle import retention
from notices import delivery
from notices.models import Notice, SandboxMessage

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("now", "over"), [("2027-11-24 12:00:00+09:00", 0), ("2027-11-24 12:00:01+09:00", 1)])
def test_what_was_said_goes_after_a_year(owed, now, over):
    with time_machine.travel("2026-11-24 12:00:00+09:00", tick=False):
        owed()
        delivery.deliver_due()
    with time_machine.travel(now, tick=False):
        assert retention.kind("notices.said").due(timezone.now()).count() == over


def test_what_is_still_owed_stays_however_old(owed):
    owed(created_at=timezone.now() - timedelta(days=800))
    assert not retention.kind("notices.said").due(timezone.now()).exists()


def test_the_sandboxs_copy_goes_along_and_is_not_counted(owed):
    owed()
    delivery.deliver_due()
    assert retention.kind("notices.said").destroy(Notice.objects.all()) == 1
    assert not SandboxMessage.objects.exists()
