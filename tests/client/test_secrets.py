"""A token is planted, also in the server's answers, and looked for wherever anybody could see it."""

from __future__ import annotations

import asyncio
import copy
import json
import logging
import pickle

import igamingace
import pytest
from igamingace import errors
from igamingace._common.masking import mask_token
from igamingace._common.secret import Secret
from igamingace._common.text import body_excerpt, sanitize
from igamingace._transport.http1 import _head

from ..error_chain import error_chain, shown_outside  # noqa: TID252 -- of all tests

OURS = str(igamingace.__path__[0])


def everything_shown(error):
    """All that an error gives away: itself, its attributes, what it came from, and the frames of ours."""
    texts = [
        str(error),
        repr(error),
        repr(error.args),
        repr(vars(error)),
        pickle.dumps(error).decode("latin-1"),
    ]
    texts += [str(getattr(error, "__notes__", ""))]
    texts += [repr(error.__cause__), repr(error.__context__)]
    for shown in error_chain(error):
        texts += [repr(frame.locals) for frame in shown.stack if frame.filename.startswith(OURS)]
        texts += list(shown.format_exception_only())
    return "\n".join(texts)


def echoes(answers, token):
    """Answers that give the token back, in every place an answer has."""
    page = f"<html>Authorization: Bearer {token}</html>".encode()
    return {
        "message": answers.json(
            {"success": False, "code": 1009, "message": f"bad token {token}"}, f"X-Echo: {token}"
        ),
        "code": answers.json({"success": False, "code": token}, status=401),
        "name": answers.json({"success": False, "errorCode": f"TOKEN_{token.upper()}", "message": token}),
        "busy": answers.json({"success": False, "code": 1018, "message": token}, f"X-Echo: {token}"),
        "page": answers.bytes(page, f"X-Echo: {token}", status=502),
        "end of the shown body": answers.bytes(b"x" * 190 + token.encode()),
        "cut": answers.bytes(page[:50], length=999),
        "redirect": answers.bytes(b"", f"Location: https://evil.example/?t={token}", status=302),
        "shape": answers.success({token: token}),
        "data": answers.success([{"providerId": token}]),
        "no http": answers.raw(f"{token}\r\n\r\n".encode()),
        "header": answers.raw(f"HTTP/1.1 200 OK\r\n{token}\r\n\r\n".encode()),
        "deep": answers.bytes(b'["' + token.encode() + b'",' + b"[" * 100_000),
        "reset": answers.reset,
        "drip": answers.drip(b"HTTP/1.1 200 OK\r\nX-Echo: " + token.encode(), b"x"),
    }


CASES = [
    "message",
    "code",
    "name",
    "busy",
    "page",
    "end of the shown body",
    "cut",
    "redirect",
    "shape",
    "data",
    "no http",
    "header",
    "deep",
    "reset",
    "drip",
]


@pytest.fixture(params=CASES)
def echoing(request, server, answers, token):
    """A server that gives the token back."""
    cases = echoes(answers, token)
    assert set(cases) == set(CASES)
    server.answers(cases[request.param])
    return server


def test_no_error_shows_the_token_even_if_the_server_does(client, echoing, token, caplog):

    with caplog.at_level(logging.DEBUG, logger="igamingace"), pytest.raises(errors.IGamingAceError) as caught:
        client.list(max_retries=1, busy_retries=1, timeout=0.3)

    assert echoing.seen[0].headers["authorization"].endswith(token)
    assert token not in everything_shown(caught.value)
    assert token[:20] not in everything_shown(caught.value)
    assert token.upper() not in everything_shown(caught.value)
    assert caplog.records
    assert token not in caplog.text


def test_the_net_of_these_tests_has_no_holes(token):
    """The search finds a token in a frame of ours, in a cause and in an attribute."""
    error = errors.IGamingAceError("clean")
    error.hidden = [token]  # type: ignore[attr-defined]
    assert token in everything_shown(error)

    with pytest.raises(AttributeError) as failed:
        sanitize(token, None)  # type: ignore[arg-type]  # fails, with the token in a frame of ours
    assert token in everything_shown(failed.value)


@pytest.mark.parametrize("text", ["repr", "str", "vars", "format"])
def test_an_agent_shows_no_token(client, server, answers, token, text):
    server.answers(answers.success())

    def look(agent):
        things = [
            agent,
            agent.raw,
            agent.with_options(urgent=True),
            agent.providers,
            agent._dispatcher,
            agent._dispatcher.context,
        ]
        things += [
            agent._dispatcher.context.transport,
            agent._dispatcher.context.headers,
            agent._dispatcher.context.token,
        ]
        show = {
            "repr": repr,
            "str": str,
            "vars": lambda o: repr(getattr(o, "__dict__", {})),
            "format": format,
        }[text]
        return " ".join(show(thing) for thing in things)  # type: ignore[operator]

    assert token not in client.use(look)


def test_agents_and_secrets_refuse_to_be_pickled_and_say_why(client, server, token):
    for thing in (client.agent(), client.agent().with_options(urgent=True), Secret(token)):
        for take in (pickle.dumps, copy.copy, copy.deepcopy):
            with pytest.raises(TypeError, match="not pickled") as caught:
                take(thing)
            assert token not in str(caught.value)


def test_no_log_at_any_level_shows_the_token(client, server, answers, token, caplog):
    server.answers(answers.busy(), answers.bytes(b"", status=502), answers.success())
    names = ["igamingace", "aiohttp", "asyncio", "httpx2", "httpcore2", ""]

    for name in names:
        caplog.set_level(logging.DEBUG, logger=name)
    client.list()

    assert any(record.name == "igamingace" for record in caplog.records)
    assert token not in caplog.text
    assert all(token not in repr(vars(record)) for record in caplog.records)


def test_a_log_line_tells_operation_attempt_status_and_times_and_no_body(client, server, answers, caplog):
    server.answers(answers.busy(), answers.success())

    with caplog.at_level(logging.DEBUG, logger="igamingace"):
        client.list()

    first, second = [record.getMessage() for record in caplog.records if record.name == "igamingace"]
    assert first.startswith("providers.list: attempt 1: HTTP 429 in ")
    assert second.startswith("providers.list: attempt 2: HTTP 200 in ")
    assert "waited 0.0 ms for a slot" in first
    assert "Nova" not in caplog.text


def test_a_failure_is_logged_too(client, server, answers, caplog):
    server.answers(answers.raw(b""))

    with caplog.at_level(logging.DEBUG, logger="igamingace"), pytest.raises(errors.TransportError):
        client.list(max_retries=0)

    [line] = [record.getMessage() for record in caplog.records if record.name == "igamingace"]
    assert line.startswith("providers.list: attempt 1: ")
    assert "connection was closed" in line


def test_the_url_has_no_token(client, server, answers, token):
    server.answers(answers.success())

    client.list()

    assert token not in server.seen[0].target


def test_a_refused_constructor_shows_no_token(token):
    for make in (igamingace.Agent, igamingace.AsyncAgent):
        for options in ({"base_url": "nonsense"}, {"timeout": -1}, {"token": f"{token} "[:-2] + " x"}):
            with pytest.raises(errors.ConfigurationError) as caught:
                make(**{"token": token, **options})
            assert token not in everything_shown(caught.value)
            assert token[:20] not in everything_shown(caught.value)


def test_an_interrupted_call_shows_no_token_in_frames_of_ours(server, answers, token):
    server.answers(answers.drip(b"HTTP/1.1 200 OK\r\n", b"X"))

    async def run():
        async with igamingace.AsyncAgent(token, base_url=server.url) as agent, asyncio.timeout(0.1):
            await agent.providers.list()

    with pytest.raises(TimeoutError) as caught:
        asyncio.run(run())

    assert token not in everything_shown(caught.value)


def test_a_token_is_masked_also_where_text_was_cut(token):
    sealed = Secret(token)

    assert mask_token(f"a {token} b {token}", sealed) == "a <token> b <token>"
    assert mask_token(f"a {token[:-1]}", sealed) == "a <token>"
    assert mask_token(f"a {token[:8]}", sealed) == "a <token>"
    assert mask_token(f"a {token[:7]}", sealed) == f"a {token[:7]}"
    assert mask_token("a note", Secret("a")) == "a note"


@pytest.mark.parametrize("change", [str.upper, str.lower, str.swapcase, str.title])
def test_a_token_is_masked_in_any_case(change):
    sealed = Secret("abCD0123-efgh.KLMN+x")
    shown = change(sealed.reveal())

    assert mask_token(f"a {shown} b {shown}", sealed) == "a <token> b <token>"
    assert mask_token(f"a {shown[:-1]}", sealed) == "a <token>"
    assert mask_token(f"\u0130 {shown} \ud800 {shown[:8]}", sealed) == "\u0130 <token> \ud800 <token>"
    assert mask_token(f"{shown}{shown[:7]}", sealed) == f"<token>{shown[:7]}"


@pytest.mark.parametrize("before", range(160, 260))
def test_no_piece_of_a_token_is_left_where_a_body_is_cut_for_showing(token, before):
    shown = body_excerpt(b"x" * before + token.encode() + b"y" * 10_000, Secret(token))

    assert token[:8] not in shown
    assert len(shown) <= 201


def test_text_from_outside_stays_on_one_line(token):
    assert sanitize("a\r\nb\x1b[0m\u2028c", Secret(token)) == r"a\r\nb\x1b[0m\u2028c"
    assert json.dumps(sanitize("é ü 游", Secret(token)), ensure_ascii=False) == '"é ü 游"'


def every_local_below_us(error):
    """What every frame of the traceback holds, those of the libraries that we send through included."""
    frames = [frame for shown in error_chain(error) for frame in shown.stack]
    return "\n".join(f"{frame.filename}:{frame.lineno} {frame.locals}" for frame in frames)


async def test_a_cancelled_call_leaves_no_token_in_any_frame(server, answers, token, monkeypatch):
    monkeypatch.setenv("IGAMINGACE_API_TOKEN", token)
    server.answers(answers.raw(b"", stay=True))

    async def call(url):
        async with igamingace.AsyncAgent(base_url=url) as agent:
            await agent.providers.list()

    task = asyncio.create_task(call(server.url))
    await asyncio.to_thread(server.arrived.acquire)
    task.cancel()
    with pytest.raises(asyncio.CancelledError) as cancelled:
        await task

    below = cancelled.value.__traceback__
    while below is not None and below.tb_frame.f_code is not call.__code__:
        below = below.tb_next
    error = cancelled.value.with_traceback(below)
    assert below is not None
    assert token not in every_local_below_us(error)


def test_a_signal_while_a_request_is_written_leaves_no_token_in_a_frame(token):
    class Interrupted(tuple):
        __slots__ = ()

        def __iter__(self):
            yield "Authorization", f"Bearer {token}"
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        _head("GET", "/", "host", Secret(Interrupted()), None)

    assert token not in shown_outside(__file__, caught.value)
