"""A proxy on loopback that leads to one PostgreSQL, and after a failover to another."""

import contextlib
import socket
import threading

SOCKET = ".s.PGSQL.5432"


class Switch:
    """Connections to `port` lead to the server in `folder` as it is when they are made."""

    def __init__(self, folder):
        self.folder = folder
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._pairs = []
        threading.Thread(target=self._accept, daemon=True).start()

    def to(self, folder, *, cut):
        """Lead new connections to another server; `cut` those that are there."""
        self.folder = folder
        if cut:
            self._cut()

    def close(self):
        self._listener.close()
        self._cut()

    def _cut(self):
        while self._pairs:
            for end in self._pairs.pop():
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(f"{self.folder}/{SOCKET}")
                self._pairs.append((client, server))
                for ends in ((client, server), (server, client)):
                    threading.Thread(target=_pump, args=ends, daemon=True).start()


def _pump(source, sink):
    with contextlib.suppress(OSError):
        while part := source.recv(65536):
            sink.sendall(part)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_RDWR)
    source.close()
