"""Wallets that are right and badly hosted: the report names the hosting, and does not blame the bookings."""

import asyncio
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer

import pytest
from igamingace._wallet_client.workers import count_workers
from igamingace.walletcheck import CannotCheck
from igamingace.walletcheck.checks import CHECKS

from .wallets import RightWallet

CROWD = [check for check in CHECKS if check.id in {"parallel.bets", "parallel.wins", "parallel.in_time"}]
IN_TIME = [check for check in CHECKS if check.id == "parallel.in_time"]


class Hosted:
    """Serves a right wallet by Python's http.server, which closes each connection after its answer."""

    def __init__(self, server, *, slow=0.0, answer=None):
        self.wallet = RightWallet()
        lock = threading.Lock()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                if answer is not None:
                    answer(self)
                    return
                time.sleep(slow)  # a query to a database
                with lock:
                    status, said = asyncio.run(hosted.answer(body, self.signature()))
                self.send_response(status)
                self.send_header("content-length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            def signature(self):
                return (self.headers["x-request-signature"] or "").encode("latin-1")

            def log_message(self, *_arguments):
                pass

        hosted = self.wallet
        self.server = server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/callbacks"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


class Quiet:
    daemon_threads = True

    def handle_error(self, request, client_address):
        """Say nothing of clients that have gone."""


class ShortBacklog(Quiet, ThreadingHTTPServer):
    """Accepts a connection at a time, slowly, while five may wait."""

    request_queue_size = 5

    def get_request(self):
        time.sleep(0.05)
        return super().get_request()


class OneWorker(Quiet, HTTPServer):
    request_queue_size = 128


class ThreeWorkers(Quiet, ThreadingHTTPServer):
    """Serves three connections at a time; the others wait."""

    request_queue_size = 128

    def __init__(self, *arguments):
        self.free = threading.Semaphore(3)
        super().__init__(*arguments)

    def process_request_thread(self, request, client_address):
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.free.release()

    def process_request(self, request, client_address):
        self.free.acquire()
        super().process_request(request, client_address)


class ManyWorkers(Quiet, ThreadingHTTPServer):
    request_queue_size = 128


@pytest.fixture
def host():
    running = []

    def serve(*arguments, **options):
        running.append(Hosted(*arguments, **options))
        return running[-1]

    yield serve
    for hosted in running:
        hosted.close()


async def undisturbed(check):
    """Return the outcome of a check during which this machine has not stood still, as a busy one does.

    Time limits of less than a second are over for a caller that stood still, whatever the server did.
    """
    for _ in range(5):
        watch = asyncio.create_task(longest_pause(finished := asyncio.Event()))
        try:
            outcome = await check()
        except CannotCheck as error:
            outcome = error
        finished.set()
        if await watch < 0.3:
            break
    if isinstance(outcome, CannotCheck):
        raise outcome
    return outcome


async def longest_pause(finished):
    """Return the longest time, in seconds, in which nothing ran here until the end."""
    longest, before = 0.0, time.monotonic()
    while not finished.is_set():
        await asyncio.sleep(0.01)
        now = time.monotonic()
        longest, before = max(longest, now - before), now
    return longest


async def test_a_short_backlog_is_named_and_not_the_bookings(checked, host):
    async def check():
        hosted = host(ShortBacklog)
        # Less than a second, after which the caller's system would try a refused connection again.
        return hosted, await checked(hosted.url, checks=CROWD, timeout=0.8, time_scale=0.2)

    hosted, report = await undisturbed(check)

    assert len(report.failed) >= 3, report.text()
    assert {result.cause for result in report.failed} == {
        "The server's listen backlog is too short for the connections that come at once"
    }, report.text()
    assert all("raise its listen backlog" in result.advice for result in report.failed)
    assert any("connections open" in result.message for result in report.failed)
    assert "listen backlog is too short" in report.shared_cause()
    assert hosted.wallet.balances == RightWallet().balances


async def test_one_worker_is_named_and_not_the_bookings(checked, host):
    hosted = host(OneWorker, slow=0.02)
    report = await checked(hosted.url, checks=IN_TIME, timeout=3, time_scale=0.1)

    (late,) = report.failed
    assert late.cause == "The server has too few workers for the callbacks that come at once"
    assert "the server serves one connection at a time" in late.message
    assert "more workers" in late.advice
    assert hosted.wallet.balances == RightWallet().balances


async def test_a_redirecting_proxy_is_named_with_where_it_leads(checked, host):
    def redirect(handler):
        handler.send_response(308)
        handler.send_header("location", "https://casino.example/callbacks/")
        handler.send_header("content-length", "0")
        handler.end_headers()

    hosted = host(ManyWorkers, answer=redirect)
    with pytest.raises(CannotCheck, match=r"make https://casino\.example/callbacks/ the callback URL"):
        await checked(hosted.url, checks=CROWD)

    assert hosted.wallet.callbacks == 0


async def test_a_well_hosted_wallet_is_not_diagnosed(checked, host):
    report = await checked(host(ManyWorkers).url, checks=CROWD)

    assert report.failed == (), report.text()


async def test_a_slow_application_in_process_has_no_hosting(checked):
    class Slow(RightWallet):
        async def bet(self, player, fields):
            await asyncio.sleep(0.03)
            return await super().bet(player, fields)

    report = await checked(Slow(), checks=IN_TIME, time_scale=0.005)

    (late,) = report.failed
    assert late.cause == ""
    assert "connections" not in late.message


@pytest.mark.parametrize(("server", "workers"), [(OneWorker, 1), (ThreeWorkers, 3), (ManyWorkers, None)])
async def test_workers_are_counted(host, server, workers):
    assert await undisturbed(lambda: count_workers(host(server).url, 0.5)) == workers


async def test_workers_of_a_server_that_is_gone_are_not_counted():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/"

        assert await count_workers(url, 0.5) is None


async def test_workers_of_a_server_that_goes_away_meanwhile_are_not_counted():
    held = 0

    async def serve(reader, writer):
        nonlocal held
        held += 1
        await reader.readuntil(b"\r\n\r\n")
        is_whole = await reader.read(2)
        held -= 1
        if is_whole and held > 2:
            server.close()  # whoever connects from now on is refused
        elif is_whole:
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]

    assert await count_workers(f"http://127.0.0.1:{port}/", 0.5) is None
    assert not server.is_serving()
