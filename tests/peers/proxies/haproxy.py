"""HAProxy: HTTP/2 on both sides."""

from harness import Proxy, first_version, proxy_program


# RFC 9113 8.1: "Clients MUST NOT discard responses as a result of receiving such a RST_STREAM".
DISCARDS = "HAProxy 2.6 discards an answer behind which RST_STREAM NO_ERROR comes; so it does with those of a grpcio server"

BLOCKS = (
    "HAProxy 2.6 does not read the WINDOW_UPDATE of a client whose DATA it cannot forward yet; calls of grpc-go and grpc-java "
    "servers hang behind it as well"
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
