"""The settings of a worker that a test starts: those of the portal, on the test's own database."""

from __future__ import annotations

import json
import os

from gumcheon_portal.settings import *  # noqa: F403

DATABASES["default"].update(json.loads(os.environ["TEST_DATABASE"]))  # noqa: F405
