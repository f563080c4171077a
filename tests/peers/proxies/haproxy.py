"""HAProxy: HTTP/2 on both sides."""

from harness import Proxy, first_version, proxy_program


# RFC 9113 8.1: "Clients MUST NOT discard responses as a result of receiving such a RST_STREAM".
DISCARDS = "HAProxy 2.6 discards an answer that RST_STREAM NO_ERROR follows, also an answer of a grpcio server"

BLOCKS = (
    "HAProxy 2.6 does not read a client's WINDOW_UPDATE while it cannot forward the client's DATA; calls of grpc-go and grpc-java "
    "servers block behind it too"
)


class HAProxy(Proxy):
    name = "HAProxy"
    cannot = {"refused-methods": DISCARDS, "refused-messages": DISCARDS, "large-chat": BLOCKS}

    @staticmethod
    def version():
        return first_version(proxy_program("haproxy"), "-v")

    def command(self, config):
        return [proxy_program("haproxy"), "-db", "-f", config]

    def config(self, folder):
        return f"""
defaults
  mode http
  timeout connect 5s
  timeout client 120s
  timeout server 120s
frontend clients
  bind {self.target} proto h2
  default_backend servers
backend servers
  server one {self.upstream} proto h2
"""
