"""The logins of the demo are printed in the README: no real site may open on top of them."""

from __future__ import annotations

import pytest
from django.core.management import CommandError

from accounts.models import User
from gumcheon_portal.management.commands.run import Command


@pytest.mark.django_db
def test_a_real_site_does_not_open_on_data_with_demo_people(settings):
    settings.DEMO = False
    User.objects.create_superuser("admin@demo.example", name="한가온")

    with pytest.raises(CommandError, match="체험용 사람들"):
        Command().prepare_contents(reload=True)
