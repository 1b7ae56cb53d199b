"""What runs by the clock exists, and no tick waits longer in the queue than its interval."""

from __future__ import annotations

import pytest

from gumcheon_portal.beat import QUEUES, SCHEDULE
from gumcheon_portal.celery import app


@pytest.mark.parametrize("name", SCHEDULE)
def test_every_entry_names_a_task_and_expires_with_its_interval(name):
    entry = SCHEDULE[name]
    app.loader.import_default_modules()

    assert entry["task"] in app.tasks
    assert entry["options"]["queue"] in QUEUES
    assert entry["options"]["expires"] == entry["schedule"]
