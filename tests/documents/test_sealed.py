"""A sealed kind: figures and file at rest are nobody's, and everything else works as before."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from accounts.models import User
from documents import issue, kinds, retention
from documents.kinds import Kind
from documents.models import IssuedDocument, Print
from lifecycle import keyring
from lifecycle.sealed import rotation

SECRET = kinds.register(
    Kind(
        code="tests.sealed",
        label="결과지",
        series="봉인",
        template="documents/certificate.html",
        visible=lambda user: kinds.of(User.objects.filter(pk=user.pk)),
        person=lambda user: user,
        sealed=True,
    )
)
WORDS = "잠을 잘 못 잔다고 합니다."


@pytest.fixture
def keys(settings, tmp_path):
    settings.FIELD_KEYS, settings.FIELD_KEYS_FILE = "", tmp_path / "field_keys"
    settings.FIELD_KEYS_FILE.write_text(keyring.fresh().line)


@pytest.fixture
def paper(parent, keys):
    return give(parent)


def give(parent):
    figures = {"facts": [["학생", "김하늘"]], "statement": WORDS}
    return issue.issue(SECRET.code, figures, title="결과지", by=None, subject=parent, to=parent.name)


@pytest.mark.django_db(transaction=True)
class TestSealed:
    def test_neither_database_nor_storage_tells_what_it_says(self, paper, uploads):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT to_jsonb(d)::text || to_jsonb(p)::text FROM documents_issueddocument d, documents_print p"
            )
            row = cursor.fetchone()[0]
        assert WORDS not in row and paper.print.file.name == ""
        stored = paper.print.sealed_file
        with stored.storage.open(stored.name) as file:
            assert file.read(8) == b"sealed1:"
        assert b"".join(paper.print.pieces()).startswith(b"%PDF-")
        assert WORDS in IssuedDocument.objects.get().contents

    def test_it_is_issued_once_and_a_guess_at_its_hash_finds_nothing(self, paper, parent):
        assert give(parent) == paper
        from documents import figures

        about = f"{parent._meta.label_lower}:{parent.pk}"
        bare = figures.digest(SECRET.code, "결과지", about, parent.name, paper.contents)
        assert paper.content_hash != bare

    def test_a_paper_that_was_interrupted_is_finished_from_its_sealed_figures(self, paper, parent):
        from documents import making
        from lifecycle.append_only import expiring

        with expiring():
            Print.objects.all().delete()
        assert making.finish(IssuedDocument.objects.get()).is_ready

    def test_its_owner_opens_it_a_stranger_does_not(self, paper, parent, client, django_user_model):
        client.force_login(parent)
        assert client.get(reverse("documents:file", args=[paper.pk])).content.startswith(b"%PDF-")
        client.force_login(django_user_model.objects.create_user("other@example.com", name="남"))
        assert client.get(reverse("documents:file", args=[paper.pk])).status_code == 404

    def test_without_the_key_the_page_is_a_sentence(self, paper, parent, client, settings):
        settings.FIELD_KEYS_FILE.write_text(keyring.fresh().line)
        client.force_login(parent)
        response = client.get(reverse("documents:file", args=[paper.pk]))

        assert response.status_code == 503
        assert "이 서버에 없어 열 수 없습니다" in response.content.decode()

    def test_rotation_seals_figures_and_file_anew_in_the_append_only_register(self, paper):
        keyring.replace(keyring.Ring((keyring.fresh(), *keyring.ring().keys)))
        places = rotation.places([IssuedDocument, Print])
        assert len(places) == 2

        assert [sum(rotation.reseal_place(place)) for place in places] == [1, 1]
        keyring.replace(keyring.Ring(keyring.ring().keys[:1]))

        again = IssuedDocument.objects.with_rest().get()
        assert WORDS in again.contents
        assert b"".join(again.print.pieces()).startswith(b"%PDF-")
        with pytest.raises(IntegrityError), rotation.resealing():
            Print.objects.update(sha256="0" * 64)

    def test_its_file_goes_with_it(self, paper, uploads):
        from lifecycle.append_only import expiring

        assert list(uploads.rglob("*.sealed"))
        with expiring():
            retention.destroy(IssuedDocument.objects.all())
        assert not list(uploads.rglob("*.sealed"))

    def test_the_database_wants_exactly_one_file(self, paper):
        with pytest.raises(IntegrityError), transaction.atomic():
            Print.objects.create(paper=paper, sha256="0" * 64, size=1)
