"""The private part of redis-py that the limiter uses; where it is gone or changed, this test says so."""

from __future__ import annotations

import socket

from redis.connection import Connection


def test_a_connection_of_redis_py_has_the_socket_to_wait_on(server):
    connection = Connection(host="127.0.0.1", port=server.port)
    assert connection._get_socket() is None

    connection.connect()

    assert isinstance(connection._get_socket(), socket.socket)
    connection.disconnect()
