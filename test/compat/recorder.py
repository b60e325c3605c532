"""Stands between the SDK and a store, notes what was asked and with which keys, and refuses what it is told to."""

import http.client
import ssl
import threading
from collections import namedtuple
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

# One request: path without its query, decoded; headers with lower case names; the number of bytes of its body; how many
# others were under way when it came.
Request = namedtuple("Request", "method path query headers size beside")


class Recorder:
    """A proxy to `endpoint` on a port of its own. Without an endpoint it answers what `answer(request)` gives: a status
    and a body.

    `refuse(request)` may give a status in the place of the store. With a certificate and its key it speaks TLS.
    """

    def __init__(self, endpoint=None, answer=None, certificate=None, key=None):
        self.requests = []
        self.refuse = lambda request: None
        self._under_way = 0
        recorder = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                recorder._under_way += 1
                parts = urlsplit(self.path)
                headers = {name.lower(): value for name, value in self.headers.items()}
                request = Request(self.command, unquote(parts.path), parts.query, headers, len(body), recorder._under_way - 1)
                recorder.requests.append(request)
                try:
                    status = recorder.refuse(request)
                    if status:
                        self.reply(status, [], b"")
                    elif endpoint:
                        self.reply(*self.forward(body))
                    else:
                        status, content = answer(request)
                        self.reply(status, [("Content-Type", "application/json")], content)
                finally:
                    recorder._under_way -= 1

            do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = handle_any

            def forward(self, body):
                store = http.client.HTTPConnection(urlsplit(endpoint).netloc, timeout=60)
                store.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
                for name, value in self.headers.items():
                    if name.lower() not in ("expect", "connection"):
                        store.putheader(name, value)
                store.endheaders(body)
                got = store.getresponse()
                reply = got.status, got.getheaders(), got.read()
                store.close()
                return reply

            def reply(self, status, headers, content):
                self.send_response(status)
                length = str(len(content))
                for name, value in headers:
                    if self.command == "HEAD" and name.lower() == "content-length":
                        length = value
                    elif name.lower() not in ("content-length", "transfer-encoding", "connection", "date", "server"):
                        self.send_header(name, value)
                self.send_header("Content-Length", length)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_args):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate, key)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def host(self):
        return f"127.0.0.1:{self._server.server_port}"

    def under(self, path, method=None):
        """The requests below a path, of one method if it is named."""
        return [r for r in list(self.requests) if r.path.startswith(path) and method in (None, r.method)]

    def keys(self, path):
        """The ids of the keys that requests below a path were signed with."""
        return {r.headers["authorization"].partition("Credential=")[2].split("/")[0] for r in self.under(path)}

    def close(self):
        self._server.shutdown()
        self._server.server_close()
