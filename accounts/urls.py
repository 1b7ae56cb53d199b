from __future__ import annotations

from django.urls import path

from accounts.views import contact, family, me, schools, signup

app_name = "accounts"
urlpatterns = [
    path("", me.me, name="me"),
    path("name/", me.name, name="name"),
    path("code/", contact.contact_code, name="contact_code"),
    path("affiliations/", me.affiliations, name="affiliations"),
    path("affiliations/<int:pk>/end/", me.affiliation_end, name="affiliation_end"),
    path("consents/", me.consents, name="consents"),
    path("consents/answer/", me.consent, name="consent"),
    path("data/", me.my_data, name="my_data"),
    path("data/download/", me.download, name="download"),
    path("leave/", me.leave, name="leave"),
    path("stay/", me.stay, name="stay"),
    path("second-factor/", me.second_factor, name="second_factor"),
    path("children/", family.children, name="children"),
    path("children/add/", family.child_add, name="child_add"),
    path("children/<int:pk>/", family.child, name="child"),
    path("children/<int:pk>/leave/", family.child_leave, name="child_leave"),
    path("student/", family.student, name="student"),
    path("student/handover/", family.handover, name="handover"),
    path("students/<int:pk>/invite/", family.invite, name="invite"),
    path("guardians/<int:pk>/end/", family.unlink, name="unlink"),
    path("invitations/<int:pk>/cancel/", family.invitation_cancel, name="invitation_cancel"),
    path("invitations/open/<str:token>/", family.invitation, name="invitation"),
    path("schools/", schools.schools, name="schools"),
    path("join/contact/", signup.contact, name="signup_contact"),
    path("join/code/", signup.code, name="signup_code"),
    path("join/account/", signup.account, name="signup_account"),
    path("join/done/", signup.done, name="signup_done"),
    path("join/guardian/", signup.ask_guardian, name="ask_guardian"),
    path("join/guardian/asked/", signup.guardian_asked, name="guardian_asked"),
    path("join/guardian/<str:token>/", signup.guardian_consent, name="guardian_consent"),
    path("password/code/", contact.reset_code, name="reset_code"),
    path("password/new/", contact.reset_new, name="reset_new"),
]
