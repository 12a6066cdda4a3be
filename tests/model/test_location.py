"""The URLs at which files are fetched and put: what is taken, what is refused, and what may be shown of them."""

from __future__ import annotations

import pytest

from model.location import (
    MAX_CHARS,
    BadLocationError,
    Location,
    Scheme,
    UploadTarget,
    parse_location,
    upload_target,
    without_credentials,
)
from tests.covering import covers


@covers("CS-8.1-06", "CS-8.2-05")
@pytest.mark.parametrize(
    ("text", "location"),
    [
        ("ftp://h/f.bin", Location(Scheme.FTP, "h", None, "/f.bin")),
        ("ftp://h:2121/f.bin", Location(Scheme.FTP, "h", 2121, "/f.bin")),
        ("ftps://u@h/f.bin", Location(Scheme.FTPS, "h", None, "/f.bin", b"u")),
        ("ftp://u:p@h/a/f.bin", Location(Scheme.FTP, "h", None, "/a/f.bin", b"u", b"p")),
        ("FTP://u:p@h:21/f", Location(Scheme.FTP, "h", 21, "/f", b"u", b"p")),
        ("https://u:@h", Location(Scheme.HTTPS, "h", None, "/", b"u", b"")),
        ("http://[::1]:8080/a%20b?q=1", Location(Scheme.HTTP, "::1", 8080, "/a%20b?q=1")),
        ("http://a%40b:p%3A%2F%40%C3%A9@h/", Location(Scheme.HTTP, "h", None, "/", b"a@b", "p:/@é".encode())),
    ],
)
def test_each_part_of_a_location_may_be_left_out_but_scheme_and_host(text: str, location: Location) -> None:
    parsed = parse_location(text)

    assert parsed == location
    assert parsed.place == text.lower()[: len(parsed.place)] or "@" in text


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "the scheme has to be one of http, https, ftp, ftps"),
        ("C:", "the scheme has to be one of"),
        ("/etc/passwd", "the scheme has to be one of"),
        ("file:///etc/passwd", "the scheme has to be one of"),
        ("sftp://u:SECRET@h/f", "the scheme has to be one of"),
        ("http:///f", "it names no host"),
        ("http://u:SECRET@/f", "it names no host"),
        ("http://a..b/f", "its host is no name of a host"),
        ("http://h:0/f", "port 0 cannot be dialled"),
        ("http://h:65536/f", "host and port cannot be read"),
        ("http://u:SECRET@h:x/f", "host and port cannot be read"),
        ("http://[::1/f", "host and port cannot be read"),
        ("http://h/a b", "a blank, a line break or another character"),
        ("http://h/\r\nX: y", "a blank, a line break or another character"),
        ("http://h\n/f", "a blank, a line break or another character"),
        (" http://h/f", "a blank, a line break or another character"),
        ("http://h/é", "a blank, a line break or another character"),
        ("http://h/%zz", "a blank, a line break or another character"),
        ("ftp://u:SECRET#x@h/f", "a blank, a line break or another character"),
        ("scp:SECRET@h/f", "the scheme has to be one of"),
        ("http://h:x/f?token=SECRET", "host and port cannot be read"),
        ("ftp://u:12#SECRET@h/f", "a blank, a line break or another character"),
        ("ftp://u%0d%0aDELE%20x:SECRET@h/f", "user name or password hold a control character"),
        ("https://u:SECRET%00@h/f", "user name or password hold a control character"),
        ("ftp://u:SECRET@h/a%0d%0aDELE%20x", "its path holds a control character"),
        ("http://u%3Av:SECRET@h/f", "a colon in the user name"),
        ("http://h/" + "x" * MAX_CHARS, "give it 2000 at most"),
    ],
)
def test_a_location_that_is_none_is_refused_and_its_credentials_are_not_shown(text: str, problem: str) -> None:
    with pytest.raises(BadLocationError, match=problem) as refused:
        parse_location(text)

    assert "SECRET" not in str(refused.value)
    assert refused.value.remedy


@covers("CS-8.2-01")
@pytest.mark.parametrize(
    ("location", "url", "name"),
    [
        ("ftp://u:p@h/", "ftp://u:p@h/d-1.tar.gz", "d-1.tar.gz"),
        ("ftp://h", "ftp://h/d-1.tar.gz", "d-1.tar.gz"),
        ("ftp://h/a/b", "ftp://h/a/b/d-1.tar.gz", "d-1.tar.gz"),
        ("http://h/a/b/?key=1", "http://h/a/b/d-1.tar.gz?key=1", "d-1.tar.gz"),
        ("http://h/v1.6", "http://h/v1.6/d-1.tar.gz", "d-1.tar.gz"),
        ("http://h/.data", "http://h/.data/d-1.tar.gz", "d-1.tar.gz"),
        ("http://h/a/theirs.tar.gz?key=1", "http://h/a/theirs.tar.gz?key=1", "theirs.tar.gz"),
        ("https://h/my%20diag.zip", "https://h/my%20diag.zip", "my diag.zip"),
    ],
)
def test_an_upload_goes_into_the_folder_or_to_the_file_that_the_location_names(
    location: str, url: str, name: str
) -> None:
    assert upload_target(location, "d-1.tar.gz") == UploadTarget(url, name)


def test_a_location_for_uploads_is_judged_too() -> None:
    with pytest.raises(BadLocationError, match="the scheme"):
        upload_target("C:", "d-1.tar.gz")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("get ftp://u:p@h/f", "get ftp://***@h/f"),
        ("ftps://u:p/?#@:p@h/f", "ftps://***@h/f"),
        ("scp://u:a b\nc@h/f", "scp://***@h/f"),
        (r'["ftp://u:a\"b\\@h","http://h/","x@y"]', r'["ftp://***@h","http://h/","x@y"]'),
        (
            r'[2,"1","GetDiagnostics",{"location":"ftp:\/\/u:p@h\/"}]',
            r'[2,"1","GetDiagnostics",{"location":"ftp:\/\/***@h\/"}]',
        ),
        ("HTTPS://u@h", "HTTPS://***@h"),
        ("nothing: a@b", "nothing: a@b"),
    ],
)
def test_the_credentials_of_every_url_in_a_text_are_hidden(text: str, shown: str) -> None:
    assert without_credentials(text) == shown


def test_hiding_takes_no_longer_than_the_text_is_long() -> None:
    text = '"a://' + "a://b:/" * 100_000 + '"@'

    assert without_credentials(text) == text


def test_no_text_of_a_location_or_a_target_shows_what_may_be_secret() -> None:
    shown = repr(parse_location("http://u:p@h/f?token=t")) + repr(upload_target("http://u:p@h/f?token=t", "d"))

    assert shown == "Location(scheme=<Scheme.HTTP: 'http'>, host='h', port=None)UploadTarget(name='d')"
