"""What the web server calls."""

from __future__ import annotations

from django.core.wsgi import get_wsgi_application

from gumcheon_portal import environment

environment.enter()
application = get_wsgi_application()
