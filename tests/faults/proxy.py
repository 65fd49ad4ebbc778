"""A bad road between a phone and the server: one TCP proxy that knows where a request and an answer end.

`manners` says how to treat the next requests that begin with `only`, one each; when it is empty, well:
("cut-answer", n)  the server has acted; n bytes of its answer arrive, then the connection dies
("cut-request", n) n bytes of the request reach the server, then the connection dies
("half-open", n)   the same, but nobody closes: the server waits for the rest until `let_go()`
("twice",)         the request reaches the server twice; the second answer arrives
("at-once", n)     n copies of it reach the server at one time; the last answer arrives
("lost",)          the request never arrives
("instead", bytes) somebody else answers, and the server hears nothing
"""

import contextlib
import socket
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

TIMEOUT_S = 30


class Proxy:
    def __init__(self, upstream: tuple[str, int]) -> None:
        self.upstream = upstream
        self.manners: deque[tuple[Any, ...]] = deque()
        self.only = b""
        self.loses: Callable[[bytes], bool] = lambda _request: False  # and whatever else never arrives
        self.requests: list[bytes] = []
        self.reached: list[bytes] = []  # each copy that the server had whole
        self.answers: list[bytes] = []
        self._held: list[socket.socket] = []
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    @property
    def place(self) -> tuple[str, int]:
        return self._listening.getsockname()

    @property
    def address(self) -> str:
        return f"http://localhost:{self.place[1]}"

    def then(self, *manner: Any) -> "Proxy":
        self.manners.append(manner)
        return self

    def let_go(self) -> None:
        for held in self._held:
            held.close()
        self._held.clear()

    def stop(self) -> None:
        self.let_go()
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            client.settimeout(TIMEOUT_S)
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError), contextlib.closing(client):
            while request := _message(client):
                self.requests.append(request)
                if not self._treat(client, request, *self._manner(request)):
                    return

    def _manner(self, request: bytes) -> tuple[Any, ...]:
        """A phone that sends in a crowd meets each manner once."""
        if self.loses(request):
            return ("lost",)
        try:
            return self.manners.popleft() if request.startswith(self.only) else ("well",)
        except IndexError:
            return ("well",)

    def _treat(self, client: socket.socket, request: bytes, how: str, *more: Any) -> bool:
        """Does the connection live on?"""
        match how:
            case "lost":
                return False
            case "instead":
                client.sendall(more[0])
                return False
            case "cut-request" | "half-open":
                self._part(request[: more[0]], stays=how == "half-open")
                return False
            case "cut-answer":
                client.sendall(self._whole(request)[: more[0]])
                return False
            case "twice":
                self._whole(request)
            case "at-once":
                self._crowd(request, more[0] - 1)
        answer = self._whole(request)
        client.sendall(answer)
        return bool(answer)  # no server: the line dies with it

    def _part(self, begun: bytes, *, stays: bool) -> None:
        up = socket.create_connection(self.upstream, TIMEOUT_S)
        up.sendall(begun)
        if stays:
            self._held.append(up)
        else:
            up.close()

    def _crowd(self, request: bytes, copies: int) -> None:
        crowd = [threading.Thread(target=self._whole, args=(request,)) for _ in range(copies)]
        for one in crowd:
            one.start()
        for one in crowd:
            one.join()

    def _whole(self, request: bytes) -> bytes:
        """The server's answer; nothing when the server died."""
        try:
            with socket.create_connection(self.upstream, TIMEOUT_S) as up:
                up.sendall(request)
                answer = _message(up)
        except OSError:
            answer = b""
        if answer:
            self.reached.append(request)
        self.answers.append(answer)
        return answer


def _message(connection: socket.socket) -> bytes:
    """One whole HTTP message with a Content-Length; what there was of it when the other side closed."""
    got = b""
    while b"\r\n\r\n" not in got:
        more = connection.recv(65536)
        if not more:
            return got
        got += more
    head, _, _ = got.partition(b"\r\n\r\n")
    while not _is_whole(head, got[len(head) + 4 :]):
        more = connection.recv(65536)
        if not more:
            break
        got += more
    return got


def _is_whole(head: bytes, body: bytes) -> bool:
    headers = {
        name.strip().lower(): value.strip() for name, _, value in (line.partition(b":") for line in head.split(b"\r\n"))
    }
    if headers.get(b"transfer-encoding") == b"chunked":
        return body.endswith(b"0\r\n\r\n")
    has_none = head.startswith((b"HTTP/1.1 304", b"HTTP/1.1 204"))
    return has_none or len(body) >= int(headers.get(b"content-length", b"0"))
