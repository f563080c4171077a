"""A web site for a browser under test: pages, files of node_modules, and everything else from a gateway.

    with Site({"/": ("text/html", b"...")}, gateway=("127.0.0.1", 9464)) as site:
        result = site.visit()

A page reports what it found with `fetch("/result", {method: "POST", body: text})`.
"""

import http.client
import json
import queue
import shutil
import subprocess
import tempfile
import threading
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

PATIENCE = 120
CHROMIUM = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run")
MODULES = Path(__file__).resolve().parent / "node_modules"
TYPES = {".js": "text/javascript", ".mjs": "text/javascript", ".json": "application/json"}


def chromium():
    """The command of a headless Chromium without its profile."""
    path = shutil.which("chromium")
    if path is None:
        raise unittest.SkipTest("SKIPPED: chromium is not installed")
    return [path, *CHROMIUM]


class Site:
    def __init__(self, pages, gateway=None):
        results = self._results = queue.Queue()

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_GET(self):
                path = self.path.split("?")[0]
                if path in pages:
                    return self.answer(200, *pages[path])
                file = (MODULES / path.removeprefix("/node_modules/")).resolve()
                if path.startswith("/node_modules/") and file.is_relative_to(MODULES) and file.is_file():
                    return self.answer(200, TYPES.get(file.suffix, "text/plain"), file.read_bytes())
                return self.forward() if gateway else self.answer(404, "text/plain", b"")

            def do_POST(self):
                if self.path != "/result":
                    return self.forward()
                results.put(self.content().decode())
                self.answer(200, "text/plain", b"")

            def content(self):
                return self.rfile.read(int(self.headers.get("content-length") or 0))

            def answer(self, status, kind, content):
                self.send_response(status)
                self.send_header("content-type", kind)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def forward(self):
                content = self.content()
                asked = http.client.HTTPConnection(*gateway, timeout=30)
                asked.request(self.command, self.path, content or None, dict(self.headers))
                answered = asked.getresponse()
                self.answer(answered.status, answered.headers["content-type"], answered.read())
                asked.close()

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = self._server.server_address
        self.origin = "http://{}:{}".format(*self.address)

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    def visit(self, *options):
        """Opens the page / in Chromium, with these options, and returns its result."""
        with tempfile.TemporaryDirectory(prefix="mote-", ignore_cleanup_errors=True) as profile:
            command = [*chromium(), f"--user-data-dir={profile}", *options, f"{self.origin}/"]
            with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as browser:
                try:
                    return self._results.get(timeout=PATIENCE)
                finally:
                    browser.kill()


def import_map(*packages):
    """Where a browser finds the modules of npm packages that they export by name."""
    imports = {}
    for package in packages:
        for name, conditions in json.loads((MODULES / package / "package.json").read_text())["exports"].items():
            while isinstance(conditions, dict):
                conditions = conditions.get("import") or conditions.get("default")
            if isinstance(conditions, str) and conditions.endswith("js"):
                imports[package + name.removeprefix(".")] = f"/node_modules/{package}/{conditions.removeprefix('./')}"
    return json.dumps({"imports": imports})
