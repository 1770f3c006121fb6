"""The private part of redis-py that the limiter uses; where it is gone or changed, this test says so."""

from __future__ import annotations

import socket

from redis.connection import Connection


def test_a_connection_of_redis_py_has_the_socket_to_wait_on():
    assert hasattr(Connection, "_get_socket"), (
        "redis-py's Connection has no _get_socket any more: RedisLimiter waits on that socket for a message "
        "and for its own work at once"
    )
    with socket.create_server(("127.0.0.1", 0)) as listener:
        # It sends nothing that would have to be answered.
        connection = Connection(port=listener.getsockname()[1], redis_connect_func=lambda connection: None)
        assert connection._get_socket() is None

        connection.connect()

        assert isinstance(connection._get_socket(), socket.socket)
        connection.disconnect()
