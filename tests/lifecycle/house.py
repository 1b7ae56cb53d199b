"""A small admin of one page about people, to see what the base classes do by themselves."""

from __future__ import annotations

from django.contrib.admin import AdminSite
from django.urls import path

from accounts.models import Student, User
from gumcheon_portal import urls
from lifecycle.admin import MaskedAdmin

site = AdminSite(name="admin")


class UserPage(MaskedAdmin):
    list_display = ["name", "phone", "email", "is_staff"]
    search_fields = ["name"]
    fields = ["name", "phone", "email"]


class StudentPage(MaskedAdmin):
    list_display = ["name", "user__phone", "school__name"]
    personal = {**MaskedAdmin.personal, "user__phone": MaskedAdmin.personal["phone"]}
    fields = ["name", "user"]


site.register(User, UserPage)
site.register(Student, StudentPage)

urlpatterns = [
    path("admin/", site.urls),
    *(route for route in urls.urlpatterns if getattr(route, "namespace", None) != "admin"),
]
