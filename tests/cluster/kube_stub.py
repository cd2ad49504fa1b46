"""An HTTPS server that misbehaves on demand: what a real API server cannot be made to show.

    with Authority(folder) as authority, Stub(handler, *authority.server("localhost")) as stub:
        ...   # handler(request, reply) runs in a thread for each request; stub.requests has all of them
"""
import base64
import json
import pathlib
import socket
import ssl
import struct
import subprocess
import threading
import urllib.parse


def openssl(*words):
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)


class Authority:
    """Certificates of a certificate authority of its own, as files of a folder."""

    def __init__(self, folder, name="authority"):
        self.folder = pathlib.Path(folder)
        self.key = self.folder / f"{name}.key"
        self.path = self.folder / f"{name}.crt"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", 30,
                "-subj", f"/CN={name}", "-keyout", self.key, "-out", self.path)

    def issue(self, name, days=20, extension="", subject=None):
        """(certificate, key) paths."""
        key, request, certificate = (self.folder / f"{name}.{end}" for end in ("key", "csr", "crt"))
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                subject or f"/CN={name}", "-keyout", key, "-out", request)
        options = self.folder / f"{name}.ext"
        options.write_text(extension or "extendedKeyUsage=clientAuth\n")
        if days < 0:
            self.issue_past(request, certificate, options)
        else:
            openssl("x509", "-req", "-in", request, "-CA", self.path, "-CAkey", self.key, "-CAcreateserial", "-days",
                    days, "-extfile", options, "-out", certificate)
        return certificate, key

    def issue_past(self, request, certificate, options):
        """Valid in January 2020 alone."""
        database = self.folder / "database"
        database.write_text("")
        serial = self.folder / "serial"
        serial.write_text("1000\n")
        config = self.folder / "ca.cnf"
        config.write_text(f"[ca]\ndefault_ca=own\n[own]\ndatabase={database}\nserial={serial}\nnew_certs_dir={self.folder}\n"
                          "default_md=sha256\npolicy=any\nunique_subject=no\n[any]\ncommonName=supplied\norganizationName=optional\n")
        openssl("ca", "-batch", "-config", config, "-in", request, "-out", certificate, "-cert", self.path, "-keyfile",
                self.key, "-startdate", "20200101000000Z", "-enddate", "20200131000000Z", "-extfile", options,
                "-notext")

    def server(self, name, days=20):
        kind = "IP" if name[0].isdigit() else "DNS"
        return self.issue(f"server-{name}{'-past' if days < 0 else ''}", days,
                          f"subjectAltName={kind}:{name}\nextendedKeyUsage=serverAuth\n", f"/CN={name}")

    def data(self):
        return base64.b64encode(self.path.read_bytes()).decode()


class Request:
    def __init__(self, method, target, headers, body):
        self.method = method
        self.target = target
        parts = urllib.parse.urlsplit(target)
        self.path = parts.path
        self.query = dict(urllib.parse.parse_qsl(parts.query, keep_blank_values=True))
        self.headers = headers
        self.body = body

    def json(self):
        return json.loads(self.body)


class Reply:
    """What a handler may do with a connection."""

    def __init__(self, connection, raw):
        self.connection = connection
        self.socket = raw
        self.keep = True

    def send(self, data):
        self.connection.sendall(data if isinstance(data, bytes) else data.encode())

    def text(self, code, body, headers=None, kind="application/json"):
        body = body if isinstance(body, bytes) else body.encode()
        lines = [f"HTTP/1.1 {code} X", f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
        lines += [f"{k}: {v}" for k, v in (headers or {}).items()]
        self.send("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    def json(self, code, value, headers=None):
        self.text(code, json.dumps(value), headers)

    def status(self, code, reason, message="", headers=None, **details):
        self.json(code, {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason,
                         "message": message, "details": details}, headers)

    def start(self, kind="application/json"):
        self.send(f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nTransfer-Encoding: chunked\r\n\r\n")

    def chunk(self, data):
        data = data if isinstance(data, bytes) else data.encode()
        self.send(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    def event(self, kind, value):
        self.chunk(json.dumps({"type": kind, "object": value}) + "\n")

    def end(self):
        self.chunk(b"")

    def close(self):
        self.keep = False
        self.socket.close()

    def reset(self):
        """RST instead of an orderly end."""
        self.keep = False
        raw = socket.socket(fileno=socket.dup(self.connection.fileno()))
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if isinstance(self.connection, ssl.SSLSocket):
            self.connection._sslobj = None
        self.connection.close()
        raw.close()


class Stub:
    def __init__(self, handler, certificate=None, key=None, client_authority=None):
        self.handler = handler
        self.requests = []
        self.problems = []
        self.connections = 0
        self.context = None
        if certificate:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(certificate, key)
            if client_authority:
                self.context.verify_mode = ssl.CERT_REQUIRED
                self.context.load_verify_locations(client_authority)
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *what):
        self.listener.close()

    def accept(self):
        while True:
            try:
                raw, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self.serve, args=(raw,), daemon=True).start()

    def serve(self, raw):
        try:
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = self.context.wrap_socket(raw, server_side=True) if self.context else raw
        except (OSError, ssl.SSLError) as problem:
            self.problems.append(str(problem))
            return
        try:
            stream = connection.makefile("rb")
            while True:
                request = self.read(stream)
                if not request:
                    break
                self.requests.append(request)
                reply = Reply(connection, raw)
                self.handler(request, reply)
                if not reply.keep:
                    break
        except (OSError, ssl.SSLError, ValueError):
            pass
        finally:
            try:
                connection.close()
            except OSError:
                pass

    @staticmethod
    def read(stream):
        line = stream.readline().decode("latin-1").split()
        if len(line) != 3:
            return None
        headers = {}
        while True:
            header = stream.readline().decode("latin-1").rstrip("\r\n")
            if not header:
                break
            name, _, value = header.partition(":")
            headers.setdefault(name.lower(), []).append(value.strip())
        length = int(headers.get("content-length", ["0"])[0])
        return Request(line[0], line[1], headers, stream.read(length) if length else b"")


def object_of(name, version, **more):
    return {"apiVersion": "v1", "kind": "Thing",
            "metadata": {"name": name, "namespace": "team", "uid": f"uid-{name}", "resourceVersion": str(version), **more}}


def list_of(version, *items, more=""):
    metadata = {"resourceVersion": str(version)}
    if more:
        metadata["continue"] = more
    return {"apiVersion": "v1", "kind": "ThingList", "metadata": metadata, "items": list(items)}
