"""Caddy: h2c on both sides."""

from harness import Proxy, first_version, proxy_program

# In Caddy's debug log: "http: panic serving ...: internal error: attempt to send frame on a closed stream: ... writeWindowUpdate".
PANICS = "Caddy 2.6 sometimes closes the client's connection when a stream ends before its request: its HTTP/2 server panics"


class Caddy(Proxy):
    name = "Caddy"
    cannot = {"refused-messages": PANICS}

    @staticmethod
    def version():
        return first_version(proxy_program("caddy"), "version")

    def command(self, config):
        return [proxy_program("caddy"), "run", "--config", config, "--adapter", "caddyfile"]

    def config(self, folder):
        return f"""
{{
  admin off
  auto_https off
  servers {{
    protocols h1 h2 h2c
  }}
}}
http://{self.target} {{
  bind 127.0.0.1
  reverse_proxy h2c://{self.upstream}
}}
"""
