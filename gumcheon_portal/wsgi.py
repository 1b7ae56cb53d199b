"""What the web server calls."""

from __future__ import annotations

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from gumcheon_portal import environment

environment.enter()
application = get_wsgi_application()
_ = get_resolver().url_patterns  # every page is imported before the first visitor, and before the processes fork
