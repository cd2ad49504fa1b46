"""A server of HTTPS that asks for a client's certificate, as Kubernetes does, and a proxy before it; with certificates made by openssl."""
import http.server
import socket
import socketserver
import ssl
import subprocess
import threading


def certificates(folder):
    """ca, server, client and a stranger's ca as NAME.pem and NAME.key; the server's is for 127.0.0.1, ::1 and localhost."""
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    (folder / "server.ext").write_text("subjectAltName=IP:127.0.0.1,IP:::1,DNS:localhost\n")
    (folder / "client.ext").write_text("extendedKeyUsage=clientAuth\n")
    for name in ("ca", "stranger"):
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.pem", "-days", "2", "-subj", f"/CN={name}")
    for name, key in (("server", ["rsa:2048"]), ("client", ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"])):
        openssl("req", "-newkey", *key, "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
        openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-out", f"{name}.pem",
                "-days", "2", "-extfile", f"{name}.ext")


class Hello(http.server.BaseHTTPRequestHandler):
    """Answers with the name in the client's certificate."""

    def do_GET(self):
        subject = dict(pair for (pair,) in self.connection.getpeercert()["subject"])
        body = f"hello {subject['commonName']} by {self.connection.version()}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *ignored):
        pass


class Tunnel(socketserver.StreamRequestHandler):
    """CONNECT, and nothing else."""

    def handle(self):
        _, target, _ = self.rfile.readline().split()
        while self.rfile.readline().strip():
            pass
        host, port = target.decode().rsplit(":", 1)
        with socket.create_connection((host.strip("[]"), int(port))) as far:
            self.server.tunnels += 1
            self.wfile.write(b"HTTP/1.1 200 open\r\n\r\n")
            back = threading.Thread(target=self.copy, args=(far, self.connection), daemon=True)
            back.start()
            self.copy(self.connection, far)
            back.join()

    def copy(self, source, target):
        try:
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass


class Server(http.server.ThreadingHTTPServer):
    def __init__(self, folder, family, address, version):
        self.address_family = family
        super().__init__((address, 0), Hello)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = context.maximum_version = version
        context.load_cert_chain(folder / "server.pem", folder / "server.key")
        context.load_verify_locations(folder / "ca.pem")
        context.verify_mode = ssl.CERT_REQUIRED
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def handle_error(self, *ignored):
        pass


class Proxy(socketserver.ThreadingTCPServer):
    daemon_threads = True
    tunnels = 0

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Tunnel)


def served(test, server):
    """Runs it until the test ends; its port."""
    threading.Thread(target=server.serve_forever, daemon=True).start()
    test.addCleanup(server.server_close)
    test.addCleanup(server.shutdown)
    return server.server_address[1]
