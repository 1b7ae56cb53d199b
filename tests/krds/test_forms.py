"""The crispy pack: what a form looks like to a browser and to a screen reader."""

from __future__ import annotations

import re
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout
from crispy_forms.utils import render_crispy_form
from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile

from krds.guide import ExampleForm
from krds.layout import Actions, ErrorSummary, Fieldset, LinkButton, Submit


class Small(forms.Form):
    name = forms.CharField(label="이름", help_text="한글 이름")
    mode = forms.ChoiceField(
        label="방법", widget=forms.RadioSelect, choices=[("a", "방문"), ("b", "전화")], help_text="하나만"
    )

    def clean(self) -> dict[str, Any]:
        if self.data.get("name") == "닫힘":
            raise forms.ValidationError("지금은 받지 않습니다.")
        return super().clean()


def ids(html: str) -> list[str]:
    return re.findall(r'\sid="([^"]+)"', html)


def test_everything_that_describes_a_field_exists_once() -> None:
    for form in (ExampleForm(), ExampleForm({}), ExampleForm({"birth_date": "어제"})):
        html = render_crispy_form(form)
        assert len(ids(html)) == len(set(ids(html)))
        for described in re.findall(r'aria-describedby="([^"]+)"', html):
            assert set(described.split()) <= set(ids(html))
        for target in re.findall(r'<label[^>]* for="([^"]+)"', html):
            assert target in ids(html)


def test_a_hint_and_an_error_describe_their_input() -> None:
    html = render_crispy_form(Small({}))
    assert 'aria-describedby="id_name_helptext id_name_error"' in html
    assert 'aria-invalid="true"' in html


def test_choices_stand_in_a_fieldset_described_by_hint_and_error() -> None:
    html = render_crispy_form(Small({}))
    assert re.search(r'<fieldset class="field has-error"[^>]* aria-describedby="id_mode_helptext id_mode_error"', html)
    assert "<legend>방법" in html


def test_the_summary_links_to_the_input_or_to_a_groups_first_choice() -> None:
    html = render_crispy_form(Small({}))
    assert 'role="alert" tabindex="-1" data-error-summary' in html
    assert '<a href="#id_name">이름: ' in html
    assert '<a href="#id_mode_0">방법: ' in html


def test_errors_of_the_whole_form_come_first_and_link_nowhere() -> None:
    html = render_crispy_form(Small({"name": "닫힘"}))
    assert html.index("<li>지금은 받지 않습니다.</li>") < html.index('href="#id_mode_0"')


def test_a_form_without_errors_has_no_summary() -> None:
    assert "error-summary" not in render_crispy_form(Small({"name": "가", "mode": "a"}))
    assert "error-summary" not in render_crispy_form(Small())


def test_required_fields_are_marked_in_words() -> None:
    class Both(forms.Form):
        must = forms.CharField(label="가")
        may = forms.CharField(label="나", required=False)

    html = render_crispy_form(Both())
    assert html.count("(필수)") == 1


def test_consents_say_whether_they_may_be_refused() -> None:
    html = render_crispy_form(ExampleForm())
    assert "[필수]</span> 개인정보 수집·이용에 동의합니다." in html
    assert "[선택]</span> 프로그램 소식을 문자로 받습니다." in html


def test_the_csrf_token_goes_into_posts_and_never_into_searches() -> None:
    helper = FormHelper()
    helper.layout = Layout("name")
    assert "csrfmiddlewaretoken" in render_crispy_form(Small(), helper, {"csrf_token": "x"})
    helper.form_method = "get"
    assert "csrfmiddlewaretoken" not in render_crispy_form(Small(), helper, {"csrf_token": "x"})


def test_a_form_with_a_file_is_sent_in_parts() -> None:
    class Upload(forms.Form):
        record = forms.FileField(label="파일")

    assert 'enctype="multipart/form-data"' in render_crispy_form(
        Upload({}, {"record": SimpleUploadedFile("a.pdf", b"x")})
    )


def test_words_from_staff_are_never_run_as_a_template() -> None:
    wicked = "{% now 'Y' %}<b>"
    helper = FormHelper()
    helper.layout = Layout(
        Fieldset(wicked, "name", hint=wicked), Actions(LinkButton("/?a=1&b=2", wicked), Submit("go", wicked))
    )
    html = render_crispy_form(Small(), helper)
    assert html.count("{% now &#x27;Y&#x27; %}&lt;b&gt;") == 4
    assert "button button-primary" in html


def test_the_summary_can_stand_at_a_place_of_its_own() -> None:
    helper = FormHelper()
    helper.form_show_errors = False
    helper.layout = Layout("name", ErrorSummary())
    html = render_crispy_form(Small({}), helper)
    assert html.count("data-error-summary") == 1
    assert html.index('id="div_id_name"') < html.index("data-error-summary")


def test_a_formset_lists_errors_of_its_rows_with_their_own_anchors() -> None:
    formset = forms.formset_factory(Small, extra=2)(
        {"form-TOTAL_FORMS": "2", "form-INITIAL_FORMS": "0", "form-1-name": "나"}
    )
    helper = FormHelper()
    helper.layout = Layout("name", "mode")
    html = render_crispy_form(formset, helper)
    assert '<a href="#id_form-1-mode_0">' in html
    assert 'name="form-TOTAL_FORMS"' in html
    assert html.count('class="formset-row"') == 2


def test_codes_may_be_pasted_and_suggested_by_the_phone() -> None:
    html = str(ExampleForm()["code"])
    assert 'autocomplete="one-time-code"' in html
    assert 'inputmode="numeric"' in html


def test_a_birthday_is_typed_and_a_visit_may_be_picked() -> None:
    form = ExampleForm()
    assert 'type="text"' in str(form["birth_date"])
    assert 'type="date"' in str(form["visit_date"])
