"""The configurations of deploy/proxies, started with the addresses and files of a test.

A subclass has the name of its file and its replacements: a text of the file, which must be there, and the text of the test.
"""

import subprocess
import sys

import peers
from harness import ROOT, Proxy, first_version, proxy_program

FOLDER = ROOT / "deploy" / "proxies"
# Of the certificate of the proxy and of those of the gateways, in the files of deploy/proxies.
NAME = "mote.example"
# Of the client certificate that the proxy has.
CLIENT = "proxy"


def make_certificates(folder):
    """What docs/scaling.md says, in `folder`."""
    script = ROOT / "scripts" / "certs.py"
    subprocess.run([sys.executable, script, folder, "--gateway", NAME, "--device", CLIENT], check=True)
    for name in ("gateway", CLIENT):
        both = folder / f"{name}-and-key.pem"
        both.touch(0o600)
        both.write_bytes((folder / f"{name}.pem").read_bytes() + (folder / f"{name}.key").read_bytes())


class Balancer(Proxy):
    """A proxy with TLS in front of the gateways at the addresses `upstreams`, with the files in the folder `certificates`."""

    colon = ":"  # Between a host and its port.
    # Before the old one is stopped, at the same port.
    needs_the_new_gateway_first = False
    # What the proxy logs for each call that it loses by a fault of its own, when a connection to a gateway ends.
    logs_a_lost_call = None

    def __init__(self, upstreams, certificates):
        super().__init__(upstream="")
        self._upstreams = upstreams
        self._certificates = certificates

    def config(self, folder):
        text = (FOLDER / self.file).read_text()
        changes = {"/etc/mote/certificates": str(self._certificates)} | self.changes(folder)
        for number, upstream in enumerate(self._upstreams, 1):
            changes[f"gateway-{number}{self.colon}50052"] = upstream.replace(":", self.colon)
        for old, new in changes.items():
            if old not in text:
                raise SystemExit(f"{FOLDER / self.file} does not contain {old!r}")
            text = text.replace(old, new)
        return text

    @property
    def port(self):
        return self.target.rpartition(":")[2]


class Nginx(Balancer):
    name, file = "nginx", "nginx.conf"

    def command(self, config):
        settings = f"daemon off; master_process off; pid {config.parent}/pid; error_log stderr warn;"
        return [proxy_program("nginx"), "-c", config, "-e", "stderr", "-g", settings]

    def changes(self, folder):
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        paths = "".join(f"  {kind}_temp_path {folder}/{kind};\n" for kind in kinds)
        return {"http {\n": f"http {{\n  access_log off;\n{paths}", "listen 443 ": f"listen {self.target} "}

    version = peers.PROXIES["nginx"].version


class HAProxy(Balancer):
    name, file = "HAProxy", "haproxy.cfg"

    def command(self, config):
        return [proxy_program("haproxy"), "-db", "-f", config]

    def changes(self, folder):
        return {"bind :443 ": f"bind {self.target} "}

    version = peers.PROXIES["haproxy"].version


class Caddy(Balancer):
    name, file = "Caddy", "Caddyfile"
    # Caddy 2.6 has closed the body of a request when it tries another gateway, after one that refused the connection.
    needs_the_new_gateway_first = True
    # The same for a call that takes a connection just before GOAWAY comes, and would have to take another one.
    logs_a_lost_call = "net/http: cannot rewind body after connection loss"

    def command(self, config):
        return [proxy_program("caddy"), "run", "--config", config, "--adapter", "caddyfile"]

    def changes(self, folder):
        return {f"https://{NAME}:443 {{\n": f"https://{NAME}:{self.port} {{\n\tbind 127.0.0.1\n"}

    version = peers.PROXIES["caddy"].version


class Nghttpx(Balancer):
    name, file, colon = "nghttpx", "nghttpx.conf", ","

    def command(self, config):
        return [proxy_program("nghttpx"), f"--conf={config}"]

    def changes(self, folder):
        return {"frontend=*,443": f"frontend=127.0.0.1,{self.port}"}

    @staticmethod
    def version():
        return first_version(proxy_program("nghttpx"), "--version")


BALANCERS = {each.name.lower(): each for each in (Nginx, HAProxy, Caddy, Nghttpx)}
