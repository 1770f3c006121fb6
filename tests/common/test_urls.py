"""Which URLs a request can be sent to."""

import pytest
from igamingace._common.urls import is_callable_url, split_url


@pytest.mark.parametrize(
    "url",
    [
        "http://casino.example",
        "https://casino.example/callbacks?site=1",
        "http://127.0.0.1:8080/",
        "http://[::1]:8080/",
        "https://user:password@casino.example/",
    ],
)
def test_an_http_url_with_a_host_can_be_called(url):
    assert is_callable_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "casino.example/callbacks",
        "ftp://casino.example",
        "http://",
        "http://:80",
        "http://casino.example:0",
        "http://casino.example:99999",
        "http://casino.example:port",
        "http://casino.example/a b",
        "http://casino.example/\n",
        "http://[::1",
        "http://a[::1]b/",
        "http://[::1]b/",
        "http://user:[@[::1]/",
    ],
)
def test_any_other_text_cannot(url):
    assert not is_callable_url(url)


@pytest.mark.parametrize(
    ("url", "origin", "target"),
    [
        ("https://casino.example", "https://casino.example", "/"),
        ("http://casino.example:8080/a/b?c=d&e", "http://casino.example:8080", "/a/b?c=d&e"),
        ("https://user:p@ss@casino.example/a#part", "https://casino.example", "/a"),
        ("http://b\u00fccher.example/\u00e4", "http://xn--bcher-kva.example", "/%C3%A4"),
        ("http://[::1]:81/", "http://[::1]:81", "/"),
    ],
)
def test_a_url_is_split_into_what_a_request_needs(url, origin, target):
    assert is_callable_url(url)
    assert split_url(url) == (origin, target)
