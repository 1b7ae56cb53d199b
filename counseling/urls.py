from __future__ import annotations

from django.urls import path

from counseling import agreeing_views, calendar_views, change_views, fair_views, record_views, views, waiting_views

app_name = "counseling"
urlpatterns = [
    path("waiting/", waiting_views.overview, name="waiting"),
    path("waiting/join/", waiting_views.join, name="join"),
    path("waiting/<int:pk>/", waiting_views.wish, name="wish"),
    path("waiting/<int:pk>/leave/", waiting_views.leave, name="leave"),
    path("offers/<int:pk>/", waiting_views.offer, name="offer"),
    path("rearranged/<int:pk>/", agreeing_views.rearranged, name="rearranged"),
    path("", views.home, name="home"),
    path("topics/<slug:slug>/rules/", views.topic_rules, name="rules"),
    path("times/", views.times, name="times"),
    path("times/<int:pk>/", views.slot, name="slot"),
    path("calendar/", calendar_views.feeds, name="feeds"),
    path("calendar/new/", calendar_views.feed_new, name="feed_new"),
    path("calendar/<int:pk>/revoke/", calendar_views.feed_revoke, name="feed_revoke"),
    path("calendar/<str:token>/counseling.ics", calendar_views.feed, name="feed"),
    path("bookings/", views.my_bookings, name="bookings"),
    path("bookings/<int:pk>/", views.booking, name="booking"),
    path("bookings/<int:pk>/review/", views.review, name="review"),
    path("bookings/<int:pk>/release/", views.release, name="release"),
    path("bookings/<int:pk>/done/", views.done, name="done"),
    path("bookings/<int:pk>/change/", change_views.change, name="change"),
    path("bookings/<int:pk>/change/<int:slot_pk>/", change_views.move, name="move"),
    path("bookings/<int:pk>/cancel/", views.cancel, name="cancel"),
    path("bookings/<int:pk>/confirmation/", views.confirmation, name="confirmation"),
    path("fairs/", fair_views.listed, name="fairs"),
    path("fairs/<int:pk>/", fair_views.fair, name="fair"),
    path("fairs/times/<int:pk>/", fair_views.talk, name="fair_talk"),
    path("fairs/partner/<int:pk>/", fair_views.partner, name="fair_partner"),
    path("fairs/<int:pk>/students/<int:student>/", fair_views.schedule, name="fair_schedule"),
    path("fairs/<int:pk>/students/<int:student>/schedule.pdf", fair_views.schedule_file, name="fair_schedule_file"),
    path("fairs/<int:pk>/screen/<str:key>/", fair_views.screen, name="fair_screen"),
    path("records/", record_views.timeline, name="timeline"),
    path("records/guardians/", record_views.guardians, name="record_guardians"),
    path("records/<int:pk>/", record_views.record, name="record"),
    path("records/<int:pk>/next/", record_views.following, name="record_next"),
    path("records/<int:pk>/sheet/", record_views.sheet, name="record_sheet"),
    path("records/<int:pk>/tick/", record_views.tick, name="record_tick"),
    path("bookings/<int:pk>/counseling.ics", views.ics, name="ics"),
]
