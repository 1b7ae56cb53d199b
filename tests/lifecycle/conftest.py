from __future__ import annotations

import pytest

from accounts.models import User


@pytest.fixture(autouse=True)
def ledger(settings, tmp_path):
    """A ledger of destruction for this test alone."""
    settings.DESTRUCTION_LEDGER = tmp_path / "destroyed.jsonl"
    return settings.DESTRUCTION_LEDGER


@pytest.fixture
def officer(db):
    """The privacy officer, who asks for destruction."""
    return User.objects.create_user("officer@example.com", name="정개인", is_staff=True)


@pytest.fixture
def head(db):
    """The team head, who agrees."""
    return User.objects.create_user("head@example.com", name="박팀장", is_staff=True)
