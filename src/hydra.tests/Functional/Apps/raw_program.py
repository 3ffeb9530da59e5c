"""A program for --interface proxy whose answers are the bytes that stand here, each connection's in its turn."""

import os
import socketserver

ANSWERS = {
    b"/close": (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nuntil the end", True),
    b"/old": (b"HTTP/1.0 200 OK\nX-Old: yes\n\nold", True),
    b"/chunked": (b"HTTP/1.1 200 Fine\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n5;a=b\r\nhello\r\n6\r\n world\r\n0\r\nX: y\r\n\r\n", False),
    b"/cut": (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort", True),
    b"/cut-chunked": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", True),
    b"/silent": (b"", True),
    b"/nonsense": (b"SSH-2.0-OpenSSH\r\n\r\n", True),
    b"/hints": (b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", False),
    b"/hops": (
        b"HTTP/1.1 200 OK\r\nConnection: keep-alive, X-Hop\r\nX-Hop: gone\r\nKeep-Alive: timeout=5\r\nX-Stays: f\xfcr\r\n"
        b"Content-Length: 2\r\n\r\nok", False),
    b"/once": (b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nonce", True),
}


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        while True:
            line = self.rfile.readline()
            if not line:
                return
            length = 0
            while (field := self.rfile.readline().strip()):
                if field.lower().startswith(b"content-length:"):
                    length = int(field.split(b":")[1])
            self.rfile.read(length)
            answer, ends = self.answer(line.split()[1])
            self.wfile.write(answer)
            if ends:
                return

    @staticmethod
    def answer(path):
        if path.startswith(b"/echo-path/"):
            key = path.rpartition(b"/")[2]
            return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(key), key), False
        return ANSWERS.get(path, (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", False))


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    request_queue_size = 100


with Server(os.environ["HYDRA_SOCKET"], Handler) as server:
    server.serve_forever()
