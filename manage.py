#!/usr/bin/env python3
"""Django's commands, with the embedded servers at hand where no address is set."""

from __future__ import annotations

import os
import sys

from gumcheon_portal.embedded.start import main

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gumcheon_portal.settings")
    sys.exit(main(sys.argv))
