"""Caddy: h2c on both sides."""

from harness import Proxy, first_version, proxy_program


class Caddy(Proxy):
    name = "Caddy"

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
  reverse_proxy h2c://{self.upstream}
}}
"""
