"""TLS without input or output, in any number of layers: a proxy may itself be spoken to by TLS.

Both transports encrypt with this. The libraries' own TLS streams hold bytes that they have read and not yet
decrypted, and cannot be asked whether there are any; here an idle connection can be.
"""

from __future__ import annotations

import ssl
from typing import Final

from igamingace._common.secret import Secret

__all__ = ["SecureChannel"]

_PIECE: Final = 64 * 1024


class _Layer:
    """One TLS session."""

    __slots__ = ("_incoming", "_outgoing", "_session", "ended", "established")

    def __init__(self, context: ssl.SSLContext, host: str) -> None:
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._session = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)
        self.established = self.ended = False
        self._shake_hands()

    def encrypt(self, data: Secret[bytes]) -> None:
        if data.reveal():
            self._session.write(data.reveal())

    def outgoing(self) -> bytes:
        return self._outgoing.read()

    def decrypt(self, data: bytes) -> bytes:
        self._incoming.write(data)
        if not self.established:
            self._shake_hands()
        pieces: list[bytes] = []
        while self.established:
            try:
                piece = self._session.read(_PIECE)
            except ssl.SSLWantReadError:
                break
            except ssl.SSLZeroReturnError:
                piece = b""
            if not piece:
                self.ended = True
                break
            pieces.append(piece)
        return b"".join(pieces)

    def is_empty(self) -> bool:
        return not (self._incoming.pending or self._session.pending())

    def _shake_hands(self) -> None:
        try:
            self._session.do_handshake()
        except ssl.SSLWantReadError:
            return
        self.established = True


class SecureChannel:
    """What stands between the bytes of HTTP and those of a socket: nothing, or one or more layers of TLS.

    `output` gives what is to be sent; ask for it after each other call, also after one that raised: then it
    is the alert that tells the peer why.
    """

    __slots__ = ("_layers",)

    def __init__(self) -> None:
        """Begin without TLS."""
        self._layers: list[_Layer] = []

    def start_tls(self, context: ssl.SSLContext, host: str) -> None:
        """Begin a handshake inside what there is; raises ssl.SSLError."""
        self._layers.append(_Layer(context, host))

    @property
    def layered(self) -> bool:
        """Whether there is any TLS."""
        return bool(self._layers)

    @property
    def established(self) -> bool:
        """Whether the handshake that was begun last is over."""
        return not self._layers or self._layers[-1].established

    @property
    def ended(self) -> bool:
        """Whether the peer has said that nothing more comes."""
        return any(layer.ended for layer in self._layers)

    def encrypt(self, data: Secret[bytes]) -> bytes:
        """The bytes to send for these."""
        if not self._layers:
            return data.reveal()
        self._layers[-1].encrypt(data)
        return self.output()

    def decrypt(self, data: bytes) -> bytes:
        """The bytes that came by these; raises ssl.SSLError."""
        for layer in self._layers:
            if data:
                data = layer.decrypt(data)
        return data

    def output(self) -> bytes:
        """What TLS itself has to send."""
        data = b""
        for layer in reversed(self._layers):
            layer.encrypt(Secret(data))
            data = layer.outgoing()
        return data

    def is_empty(self) -> bool:
        """Whether it holds nothing that was received and not yet decrypted or read."""
        return all(layer.is_empty() for layer in self._layers)
