"""The network between clients and the API server, for tests that cut it. Bytes pass unchanged; TLS is between the ends."""
import contextlib
import socket
import threading


class Link:
    """Listens on a port and passes connections on to another, while it is whole."""

    def __init__(self, target):
        self.target = target
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self.listener.getsockname()[1]
        self.lock = threading.Lock()
        self.open = set()
        self.whole = threading.Event()
        self.whole.set()
        self.refusing = False
        threading.Thread(target=self._accept, daemon=True).start()

    @contextlib.contextmanager
    def silent(self):
        """Nothing comes through, and nobody is told: what is sent waits."""
        self.whole.clear()
        try:
            yield
        finally:
            self.whole.set()

    @contextlib.contextmanager
    def cut(self):
        """Connections break, and new ones are closed at once."""
        self.refusing = True
        self.drop()
        try:
            yield
        finally:
            self.refusing = False

    def drop(self):
        """Breaks the connections that are open now; new ones work."""
        with self.lock:
            victims, self.open = self.open, set()
        for s in victims:
            with contextlib.suppress(OSError):
                s.shutdown(socket.SHUT_RDWR)

    def close(self):
        self.refusing = True
        self.whole.set()
        self.listener.close()
        self.drop()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        try:
            self.whole.wait()
            if self.refusing:
                raise ConnectionAbortedError
            server = socket.create_connection(("127.0.0.1", self.target))
        except OSError:
            client.close()
            return
        with self.lock:
            self.open |= {client, server}
        back = threading.Thread(target=self._pump, args=(server, client), daemon=True)
        back.start()
        self._pump(client, server)
        back.join()
        with self.lock:
            self.open -= {client, server}
        client.close()
        server.close()

    def _pump(self, source, sink):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                self.whole.wait()
                sink.sendall(data)
        for s in (source, sink):
            with contextlib.suppress(OSError):
                s.shutdown(socket.SHUT_RDWR)
