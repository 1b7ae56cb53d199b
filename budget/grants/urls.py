"""``/grants/``: 금빛학교 for everybody, and the pages of a school's own login."""

from __future__ import annotations

from django.urls import path

from budget.grants import views

app_name = "grants"
urlpatterns = [
    path("", views.home, name="home"),
    path("granted.<slug:form>", views.granted_file, name="granted_file"),
    path("calls/<int:pk>/", views.call, name="call"),
    path("calls/<int:pk>/start/", views.start, name="start"),
    path("mine/", views.mine, name="mine"),
    path("<int:pk>/", views.application, name="application"),
    path("<int:pk>/edit/", views.edit, name="edit"),
    path("<int:pk>/withdraw/", views.withdraw, name="withdraw"),
    path("<int:pk>/payments/", views.ask_payment, name="ask_payment"),
    path("<int:pk>/report/", views.report, name="report"),
    path("<int:pk>/letter/", views.letter, name="letter"),
    path("payments/<int:pk>/take-back/", views.take_back, name="take_back"),
    path("files/<int:pk>/", views.file, name="file"),
]
