"""Which URLs a request can be sent to."""

import pytest
from igamingace._common.urls import is_callable_url


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
    ],
)
def test_any_other_text_cannot(url):
    assert not is_callable_url(url)
