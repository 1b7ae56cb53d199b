"""The words that people agree to, and every answer ever given."""

from __future__ import annotations

from django import forms
from django.contrib import admin
from django.db.models import Max
from django.http import HttpRequest

from accounts import consents
from accounts.models import Consent, ConsentText
from lifecycle.admin import AppendOnlyAdmin, MaskedAdmin, StaffAdmin
from lifecycle.masking import mask_name


@admin.register(ConsentText)
class ConsentTextAdmin(StaffAdmin):
    """A new version is a new row; words that somebody answered are never touched again."""

    list_display = ["title", "kind", "version", "valid_from"]
    list_filter = ["kind"]
    search_fields = ["title"]
    fields = ["kind", "title", "body", "valid_from"]

    def has_delete_permission(self, request: HttpRequest, obj: ConsentText | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: ConsentText | None = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or not obj.answers.exists())

    def save_model(self, request: HttpRequest, obj: ConsentText, form: forms.ModelForm, change: bool) -> None:
        if not change or "kind" in form.changed_data:
            last = ConsentText.objects.filter(kind=obj.kind).aggregate(last=Max("version", default=0))["last"]
            obj.version = last + 1
        super().save_model(request, obj, form, change)


class PaperConsentForm(forms.ModelForm):
    """An answer given on paper at the desk: whose data, whose signature, yes or no."""

    kind = forms.ChoiceField(label="종류", choices=ConsentText.Kind)

    class Meta:
        model = Consent
        fields = ["student", "user", "by", "spoken_by", "given"]

    def clean(self) -> dict[str, object]:
        cleaned = super().clean()
        about_student = cleaned.get("kind") in ConsentText.OF_STUDENTS
        needed, other = ("student", "user") if about_student else ("user", "student")
        if not cleaned.get(needed):
            self.add_error(needed, "이 종류의 동의에는 꼭 필요합니다.")
        cleaned[other] = None
        return cleaned


@admin.register(Consent)
class ConsentAdmin(AppendOnlyAdmin, MaskedAdmin):
    personal = {"user__name": mask_name, "student__name": mask_name, "by__name": mask_name, "spoken_by": mask_name}
    list_display = [
        "at",
        "text",
        "user__name",
        "student__name",
        "given",
        "by__name",
        "spoken_by",
        "channel",
        "verified",
    ]
    list_filter = ["text__kind", "given", "channel", "at"]
    search_fields = ["user__name", "student__name"]
    search_help_text = "이용자나 학생의 이름으로 찾습니다."
    ordering = ["-pk"]
    form = PaperConsentForm

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("accounts.add_consent")

    def get_fields(self, request: HttpRequest, obj: Consent | None = None) -> list[str]:
        return super().get_fields(request, obj) if obj else ["kind", "student", "user", "by", "spoken_by", "given"]

    def get_readonly_fields(self, request: HttpRequest, obj: Consent | None = None) -> list[str]:
        return super().get_readonly_fields(request, obj) if obj else []

    def subject_of(self, obj: Consent) -> object:
        return obj.student or obj.user

    def save_model(self, request: HttpRequest, obj: Consent, form: forms.ModelForm, change: bool) -> None:
        about = {"student": obj.student} if obj.student else {"user": obj.user}
        kept = consents.answer(
            form.cleaned_data["kind"],
            obj.given,
            by=obj.by,
            channel=Consent.Channel.DESK,
            verified=Consent.Verified.PAPER,
            spoken_by=obj.spoken_by,
            say=False,
            **about,
        )
        obj.pk, obj.text = kept.pk, kept.text
