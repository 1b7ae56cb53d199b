"""Sealed columns and files: unreadable where they lie, bound to their row, and moved to a new key without loss."""

# ruff: noqa: S608 -- the names of tables are our own
from __future__ import annotations

import threading
import uuid
from io import StringIO

import pytest
from django.apps import apps
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, models, transaction
from django.test.utils import isolate_apps

from lifecycle import keyring
from lifecycle.append_only import append_only
from lifecycle.sealed import SealedFileField, SealedJSONField, SealedTextField, Unreadable, envelope, rotation, seal
from lifecycle.sealed import unseal as opened

SECRET = "학생이 요즘 잠을 못 잔다고 합니다."

with isolate_apps("lifecycle"):

    class Letter(models.Model):
        """Something sealed, in a table that these tests alone have."""

        token = models.UUIDField(default=uuid.uuid4)
        text = SealedTextField(bound_to="token")
        data = SealedJSONField(bound_to="token", null=True)
        file = SealedFileField(bound_to="token", upload_to="letters", blank=True, max_length=200)

        class Meta:
            app_label = "lifecycle"

        def __str__(self) -> str:
            return "letter"

    class Entry(models.Model):
        """The same in a table that is only added to."""

        number = models.PositiveIntegerField()
        text = SealedTextField(bound_to="number")

        class Meta:
            app_label = "lifecycle"

        def __str__(self) -> str:
            return "entry"


@pytest.fixture
def keys(settings, tmp_path):
    """A ring of one key for this test alone."""
    settings.FIELD_KEYS, settings.FIELD_KEYS_FILE = "", tmp_path / "keys" / "field_keys"
    settings.FIELD_KEYS_FILE.parent.mkdir()
    settings.FIELD_KEYS_FILE.write_text(keyring.fresh().line)
    return settings.FIELD_KEYS_FILE


@pytest.fixture
def tables(transactional_db, keys, monkeypatch, tmp_path):
    """The two tables; rotation sees them and nothing else."""
    Letter._meta.get_field("file").storage = FileSystemStorage(tmp_path / "uploads")
    with connection.schema_editor() as editor:
        editor.create_model(Letter)
        editor.create_model(Entry)
    for trigger in append_only(sealed=["text"]):
        trigger.install(Entry)
    monkeypatch.setattr(apps, "get_models", lambda **_: [Letter, Entry])
    yield
    monkeypatch.undo()
    with connection.schema_editor() as editor:
        editor.delete_model(Entry)
        editor.delete_model(Letter)


def raw(model: type[models.Model], column: str) -> list[bytes]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {model._meta.db_table} ORDER BY id")
        return [bytes(row[0]) for row in cursor.fetchall()]


def rotate(*options: str) -> str:
    out = StringIO()
    call_command("rotate_field_keys", *options, stdout=out)
    return out.getvalue()


# --- Envelopes ---------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, envelope.SEGMENT - 1, envelope.SEGMENT, envelope.SEGMENT + 1, 3_000_000])
def test_what_was_sealed_comes_back_at_every_boundary_of_a_segment(keys, size):
    data = bytes(range(256)) * (size // 256 + 1)
    data = data[:size]

    sealed = seal(data, bound="here")

    assert opened(sealed, bound="here") == data
    assert sealed.startswith(b"sealed1:" + keyring.ring().newest.id.encode() + b":")
    assert size < 32 or data[:32] not in sealed


def test_the_same_text_is_sealed_differently_each_time(keys):
    assert seal(b"same", bound="here") != seal(b"same", bound="here")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda sealed: sealed[:-1],
        lambda sealed: sealed[:40],
        lambda sealed: sealed[:60] + bytes([sealed[60] ^ 1]) + sealed[61:],
        lambda sealed: sealed[: -(envelope.SEGMENT // 2 + envelope.TAG)],  # the last segment dropped
        lambda sealed: sealed + b"x",
        lambda sealed: b"plain text",
        lambda sealed: b"",
    ],
)
def test_what_was_changed_or_cut_does_not_open(keys, spoil):
    sealed = seal(b"a" * (envelope.SEGMENT + envelope.SEGMENT // 2), bound="here")

    with pytest.raises(Unreadable):
        opened(spoil(sealed), bound="here")


def test_an_envelope_opens_in_its_own_place_only(keys):
    sealed = seal(SECRET.encode(), bound="row 1")

    with pytest.raises(Unreadable, match="다른 자리"):
        opened(sealed, bound="row 2")


def test_another_houses_key_is_named_in_a_sentence(keys):
    sealed = seal(b"x", bound="here")
    name = keyring.ring().newest.id
    keyring.replace(keyring.Ring((keyring.fresh(),)))

    with pytest.raises(Unreadable, match=f"키\\({name}\\)가 이 서버에 없어"):
        opened(sealed, bound="here")


def test_twenty_megabytes_take_a_few_segments_of_memory(keys, tmp_path):
    import tracemalloc

    source, target = tmp_path / "clear", tmp_path / "sealed"
    source.write_bytes(bytes(20 * 1024 * 1024))
    tracemalloc.start()
    with source.open("rb") as clear, target.open("wb") as sealed:
        envelope.seal_stream(clear, sealed, bound="here")
    with target.open("rb") as sealed:
        length = sum(map(len, envelope.unseal_stream(sealed, bound="here")))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert length == 20 * 1024 * 1024
    assert peak < 8 * envelope.SEGMENT


# --- Keys --------------------------------------------------------------------------------------


def test_a_new_key_in_the_file_is_seen_by_a_running_process(keys):
    old = seal(b"old", bound="here")
    keyring.replace(keyring.Ring((keyring.fresh(), *keyring.ring().keys)))
    new = seal(b"new", bound="here")

    assert envelope.key_of(new) == keyring.ring().newest.id != envelope.key_of(old)
    assert opened(old, bound="here") == b"old"
    assert keys.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("text", ["", "abc", "3fa94c21:short", f"xyz:{'A' * 43}", f"3fa94c21:{'A' * 43}\n" * 2])
def test_a_spoilt_ring_is_refused_with_a_sentence(text):
    with pytest.raises(ImproperlyConfigured, match="봉인 키"):
        keyring.parse(text)


# --- Columns -----------------------------------------------------------------------------------


def test_nobody_reads_it_in_the_database(tables):
    letter = Letter.objects.create(text=SECRET, data={"할 일": [SECRET]})

    for column in ("text", "data"):
        assert SECRET.encode() not in raw(Letter, column)[0]
        assert "잠".encode() not in raw(Letter, column)[0]
        assert raw(Letter, column)[0].startswith(b"sealed1:")
    again = Letter.objects.get(pk=letter.pk)
    assert again.text == SECRET
    assert again.data == {"할 일": [SECRET]}


def test_it_is_opened_only_when_somebody_reads_it(tables, keys):
    Letter.objects.create(text=SECRET)
    keys.write_text(keyring.fresh().line)  # the key is gone

    letter = Letter.objects.get()
    assert letter.token  # the rest of the row is there
    with pytest.raises(Unreadable):
        _ = letter.text
    assert SECRET not in repr(Letter.objects.values("text").get())


def test_saving_what_nobody_opened_leaves_the_envelope(tables):
    Letter.objects.create(text=SECRET)
    before = raw(Letter, "text")

    Letter.objects.get().save()

    assert raw(Letter, "text") == before


def test_an_envelope_copied_into_another_row_does_not_open(tables):
    mine, theirs = Letter.objects.create(text=SECRET), Letter.objects.create(text="다른 학생")
    with connection.cursor() as cursor:
        table = Letter._meta.db_table
        cursor.execute(f"UPDATE {table} SET text = (SELECT text FROM {table} WHERE id = %s)", [mine.pk])

    assert Letter.objects.get(pk=mine.pk).text == SECRET
    with pytest.raises(Unreadable, match="다른 자리"):
        _ = Letter.objects.get(pk=theirs.pk).text


def test_the_database_refuses_clear_text(tables):
    letter = Letter.objects.create(text=SECRET)

    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE {Letter._meta.db_table} SET text = %s", [b"in clear"])
    with pytest.raises(TypeError, match="sealed by saving"):
        Letter.objects.filter(pk=letter.pk).update(text="in clear")


@pytest.mark.parametrize("lookup", ["text", "text__contains", "text__in", "data__key", "text__exact"])
def test_nothing_is_found_by_what_is_sealed(tables, lookup):
    with pytest.raises(FieldError, match="is sealed"):
        list(Letter.objects.filter(**{lookup: "x"}))


def test_null_can_be_asked_for(tables):
    Letter.objects.create(text=SECRET)

    assert Letter.objects.filter(data__isnull=True, text__isnull=False).count() == 1


def test_a_field_must_say_what_it_is_bound_to():
    with pytest.raises(TypeError, match="bound_to"):
        SealedTextField()
    with pytest.raises(TypeError, match="no index"):
        SealedTextField(bound_to="token", db_index=True)


# --- Files -------------------------------------------------------------------------------------


def test_a_file_lies_sealed_and_comes_back(tables):
    letter = Letter(text=SECRET)
    letter.file.save("생활기록부.pdf", ContentFile(SECRET.encode() * 100_000))

    with letter.file.storage.open(letter.file.name) as file:
        stored = file.read()
    assert stored.startswith(b"sealed1:")
    assert SECRET.encode() not in stored
    assert Letter.objects.get().file.clear() == SECRET.encode() * 100_000


# --- Rotation ----------------------------------------------------------------------------------


@pytest.fixture
def full(tables, monkeypatch):
    """More rows than two batches hold, some files, and a table that is only added to."""
    monkeypatch.setattr(rotation, "BATCH", 10)
    for number in range(rotation.BATCH * 2 + 5):
        Letter.objects.create(text=f"{SECRET}{number}", data=[number])
        Entry.objects.create(number=number, text=f"줄 {number}")
    for letter in Letter.objects.all()[:3]:
        letter.file.save("a.pdf", ContentFile(f"파일 {letter.pk}".encode()))


def everything_opens() -> bool:
    letters, entries = list(Letter.objects.order_by("pk")), list(Entry.objects.order_by("pk"))
    files = [letter.file.clear() == f"파일 {letter.pk}".encode() for letter in letters if letter.file]
    return (
        all(letter.text == f"{SECRET}{number}" and letter.data == [number] for number, letter in enumerate(letters))
        and all(entry.text == f"줄 {entry.number}" for entry in entries)
        and len(files) == 3
        and all(files)
    )


def used() -> set[str]:
    return {name for place in rotation.places([Letter, Entry]) for name in place.sealed_by()}


def test_rotation_moves_every_column_and_file_and_the_old_key_may_go(full, keys):
    old = keyring.ring().newest.id

    rotate()

    assert used() == {keyring.ring().newest.id} != {old}
    assert everything_opens()
    rotate("--retire")
    assert [key.id for key in keyring.ring().keys] == list(used())
    assert old in keys.with_name("field_keys.retired").read_text()
    assert everything_opens()
    stored = Letter.objects.exclude(file="").first().file.storage
    assert len(stored.listdir("letters")[1]) == 3  # the old files are gone


def test_an_interrupted_rotation_loses_nothing_and_goes_on(full, monkeypatch):
    calls = iter(range(1_000))
    real = rotation.reseal

    def dies(*args, **kwargs):
        if next(calls) == rotation.BATCH + 5:
            raise KeyboardInterrupt
        return real(*args, **kwargs)

    monkeypatch.setattr(rotation, "reseal", dies)
    with pytest.raises(KeyboardInterrupt):
        rotate()
    monkeypatch.setattr(rotation, "reseal", real)

    assert len(used()) == 2  # half way: one batch is done, the rest is as before
    assert everything_opens()
    with pytest.raises(CommandError, match="남아 있습니다"):
        rotate("--retire")
    ring = keyring.ring()
    assert "이어서" in rotate()
    assert keyring.ring() == ring  # no third key
    assert used() == {ring.newest.id}
    assert everything_opens()


def test_a_change_during_rotation_is_not_lost(full, monkeypatch):
    """A row that is written while its batch is sealed anew waits for it, and its words stay."""
    first = Letter.objects.order_by("pk").first().pk
    reached, real = threading.Event(), rotation.reseal

    def slow(*args, **kwargs):
        reached.set()
        return real(*args, **kwargs)

    monkeypatch.setattr(rotation, "reseal", slow)

    def write():
        reached.wait(10)
        letter = Letter.objects.get(pk=first)
        letter.text = "새로 쓴 말"
        letter.save(update_fields=["text"])
        connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    rotate()
    writer.join(20)

    assert Letter.objects.get(pk=first).text == "새로 쓴 말"
    assert used() == {keyring.ring().newest.id}


def test_rotation_stops_at_what_it_cannot_open_and_names_it(full):
    broken = Letter.objects.order_by("-pk").first()
    with connection.cursor() as cursor:
        spoilt = broken.__dict__["text"].envelope[:-1] + b"\x00"
        cursor.execute(f"UPDATE {Letter._meta.db_table} SET text = %s WHERE id = %s", [spoilt, broken.pk])

    with pytest.raises(CommandError, match=f"{broken.pk}번"):
        rotate()
    with pytest.raises(CommandError, match="남아 있습니다"):
        rotate("--retire")


def test_append_only_rows_let_nothing_but_the_seal_be_renewed(full):
    entry = Entry.objects.first()
    with pytest.raises(DatabaseError), transaction.atomic():
        entry.text = "고친 말"
        entry.save()
    with pytest.raises(DatabaseError), rotation.resealing():
        Entry.objects.filter(pk=entry.pk).update(number=999)


def test_machines_that_are_given_their_keys_are_told_what_to_do(tables, settings):
    settings.FIELD_KEYS = keyring.ring().text

    with pytest.raises(CommandError, match="모든 서버"):
        rotate()
