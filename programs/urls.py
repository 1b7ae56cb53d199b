from __future__ import annotations

from django.urls import path

from programs import feeds
from programs.views import applications, applying, attendance, camps, catalogue, invited, partners, results, visits

app_name = "programs"
urlpatterns = [
    path("", catalogue.listed, name="list"),
    path("wall/<int:pk>/<str:key>/", attendance.wall, name="wall"),
    path("check-in/<int:pk>/", attendance.check_in, name="check_in"),
    path("check-in/<int:pk>/<str:token>/", attendance.scanned, name="scanned"),
    path("papers/<int:pk>/<slug:kind>/", attendance.paper, name="paper"),
    path("portfolio/<int:pk>/", attendance.portfolio, name="portfolio"),
    path("<int:pk>/", catalogue.detail, name="detail"),
    path("runs/<int:pk>/apply/", applying.apply, name="apply"),
    path("runs/<int:pk>/applied/", applying.applied, name="applied"),
    path("applications/", applications.applications, name="applications"),
    path("applications/<int:pk>/", applications.application, name="application"),
    path("applications/<int:pk>/withdraw/", applications.withdraw, name="withdraw"),
    path("applications/<int:pk>/program.ics", applications.ics, name="ics"),
    path("offers/<int:pk>/", applications.offer, name="offer"),
    path("invitations/<str:token>/", invited.invited, name="invited"),
    path("visits/", visits.visits, name="visits"),
    path("<int:pk>/visit/", visits.ask, name="visit_ask"),
    path("visits/<int:pk>/", visits.visit, name="visit"),
    path("visits/<int:pk>/accept/", visits.accept, name="visit_accept"),
    path("visits/<int:pk>/cancel/", visits.cancel, name="visit_cancel"),
    path("draws/<int:run_id>/", results.draw, name="draw"),
    path("draws/<int:run_id>/<str:kind>/", results.file, name="draw_file"),
    path("camps/", camps.mine, name="camps"),
    path("camps/<int:pk>/", camps.team, name="camp_team"),
    path("camps/<int:pk>/contacts/", camps.contacts, name="camp_contacts"),
    path("partners/", partners.directory, name="partners"),
    path("runs/<int:pk>/roster/", partners.notice, name="roster_notice"),
    path("month/<int:year>-<int:number>.pdf", catalogue.month, name="month"),
    path("feed.rss", feeds.rss, name="feed"),
    path("feed.atom", feeds.atom, name="atom"),
    path("feed.json", feeds.as_json, name="json"),
    path("runs/<int:pk>/calendar.ics", feeds.calendar, name="calendar"),
    path("materials/<int:pk>/", catalogue.material, name="material"),
]
