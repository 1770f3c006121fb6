"""What is written in one turn of the event loop goes out together, and none of it is lost or out of order."""

from __future__ import annotations

import asyncio

import pytest
from igamingace.sandbox.http.write_coalescing import WriteCoalescingTransport


class Below(asyncio.Transport):
    """What was sent; a None stands for the close, an Ellipsis for the abort."""

    def __init__(self):
        super().__init__()
        self.sent = []

    def write(self, data):
        self.sent.append(bytes(data))

    def close(self):
        self.sent.append(None)

    def abort(self):
        self.sent.append(...)


@pytest.fixture
def below():
    return Below()


@pytest.fixture
async def transport(below):
    return WriteCoalescingTransport(below, asyncio.get_running_loop())


async def test_what_is_written_in_one_turn_is_sent_at_once(transport, below):
    for data in (b"head", bytearray(b" and "), memoryview(b"body")):
        transport.write(data)
    await asyncio.sleep(0)
    transport.write(b"next")
    await asyncio.sleep(0)

    assert below.sent == [b"head and body", b"next"]


async def test_what_was_written_goes_out_before_the_close(transport, below):
    transport.write(b"last")
    transport.close()
    await asyncio.sleep(0)

    assert below.sent == [b"last", None]


async def test_an_abort_sends_nothing_more(transport, below):
    transport.write(b"last")
    transport.abort()
    await asyncio.sleep(0)

    assert below.sent == [...]
