"""The status page in a browser: headless Chromium shows the numbers of a gateway, light and dark, on a screen and on a phone.

MOTE_TEST_SCREENSHOTS names a folder that keeps the screenshots.
"""

import os
import re
import struct
import subprocess
import tempfile
import unittest
from pathlib import Path

import grpc
import http1_client as http
import raw_http2 as h2
import suite
from gateway import Gateway
from suite import echo_pb2, echo_pb2_grpc, gateway_only
from web_site import Site, chromium

SCREENS = {"screen-light": (1200, 1000, ()), "screen-dark": (1200, 1000, ("--blink-settings=preferredColorScheme=0",)), "phone": (500, 1800, ())}
MOST_BYTES = 20480
# Presses a button of the page and reports the answer that appears, and the plot when it is drawn.
PRESS = """<script>addEventListener("load", () => {
  document.forms[0].format.value = "%s";
  const plot = document.querySelector("#trips polyline");
  new MutationObserver(() => fetch("/result", {method: "POST", body: document.getElementById("answer").textContent + "|" + plot.getAttribute("points")}))
    .observe(plot, {attributes: true});
  document.querySelector("button[value=%s]").click();
});</script>"""


def width_and_height(png):
    assert png[:8] == b"\x89PNG\r\n\x1a\n", png[:8]
    return struct.unpack(">II", png[16:24])


class StatusPage(unittest.TestCase):
    def setUp(self):
        self.gateway = Gateway("--http", "127.0.0.1:0", "--max-streams", 2, "--reserved-streams", 0).start()
        self.addCleanup(self.gateway.stop)
        self.address = http.monitor_address(self.gateway)

    def browse(self, *options):
        """Runs Chromium with a virtual clock until the page has updated itself a few times."""
        with tempfile.TemporaryDirectory(prefix="mote-", ignore_cleanup_errors=True) as profile:
            command = [*chromium(), f"--user-data-dir={profile}", "--hide-scrollbars", "--virtual-time-budget=9000", "--timeout=60000", *options]
            url = "http://{}:{}/".format(*self.address)
            return subprocess.run([*command, url], capture_output=True, text=True, timeout=150, check=True)

    def make_calls(self):
        """Calls that succeed, calls that fail, a peer that stays connected, and a limit that is reached."""
        with grpc.insecure_channel(self.gateway.target, options=suite.CHANNEL_OPTIONS) as channel:
            echo = echo_pb2_grpc.EchoStub(channel)
            for _ in range(21):
                echo.Reply(echo_pb2.EchoRequest(message="hello"), timeout=suite.PATIENCE)
            with self.assertRaises(grpc.RpcError):
                channel.unary_unary("/echo.Echo/None")(b"", timeout=suite.PATIENCE)
        connection = h2.Connection(self.gateway.target)
        self.addCleanup(connection.close)
        for _ in range(3):
            connection.call("/echo.Echo/Collect", end_stream=False)
        connection.settle()

    @gateway_only
    def test_it_is_small_and_loads_nothing_else(self):
        with http.Connection(self.address) as connection:
            response = connection.ask("/")
        self.assertEqual(response.fields["content-type"], "text/html; charset=utf-8")
        self.assertEqual(response.fields["content-encoding"], "gzip")
        self.assertLessEqual(int(response.fields["content-length"]), MOST_BYTES / 2)
        self.assertLessEqual(len(response.body), MOST_BYTES)
        self.assertIn("default-src 'none'", response.fields["content-security-policy"])
        outside = re.findall(r"(?:src|href|url|import|fetch)\s*[=(]\s*[\"']?((?!data:)[^\"' )>]+)", response.text)
        self.assertEqual({path for path in outside if path not in ("/stats.json", "/metrics", "/echo.Echo/")}, set())

    @gateway_only
    def test_it_shows_the_numbers(self):
        self.make_calls()
        page = self.browse("--dump-dom").stdout
        text = re.sub(r"<style>.*?</style>|<script>.*?</script>", " ", page, flags=re.DOTALL)
        text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))
        for shown in (
            " serving ",
            " mote-gateway ",
            " echo.Echo/Reply 21 0 ",
            " OK 21 ",
            " other methods 1 1 ",
            " UNIMPLEMENTED 1 ",
            " streams 2 of 2 ",
            " connections 1 of 130 ",
            " max-streams 127.0.0.1:",
            " 127.0.0.1 1 2 ",
        ):
            self.assertIn(shown, text)
        # It has updated itself: the plot has points.
        self.assertRegex(page, r'<polyline points="\d')

    @gateway_only
    def test_it_tells_when_the_gateway_is_gone(self):
        page = Path(self.enterContext(tempfile.TemporaryDirectory(prefix="mote-"))) / "page.html"
        with http.Connection(self.address) as connection:
            page.write_bytes(connection.ask("/").body)
        with tempfile.TemporaryDirectory(prefix="mote-", ignore_cleanup_errors=True) as profile:
            command = [*chromium(), f"--user-data-dir={profile}", "--virtual-time-budget=3000", "--timeout=60000", "--dump-dom", page.as_uri()]
            text = subprocess.run(command, capture_output=True, text=True, timeout=150, check=True).stdout
        self.assertIn("no answer: ", text)

    @gateway_only
    def test_echo_from_the_page(self):
        """Calls and a stream in both formats, by a script that presses the buttons of the page."""
        self.gateway.stop()
        self.gateway = Gateway("--http", "127.0.0.1:0", "--web-origin", "http://console.example").start()
        self.addCleanup(self.gateway.stop)
        self.address = http.monitor_address(self.gateway)
        with http.Connection(self.address) as connection:
            page = connection.ask("/").text
        for kind, format_ in (("unary", "binary"), ("unary", "text"), ("stream", "binary"), ("stream", "text")):
            pages = {"/": ("text/html; charset=utf-8", (page + PRESS % (format_, kind)).encode())}
            with self.subTest(kind=kind, format=format_), Site(pages, self.address) as site:
                answer, points = site.visit().split("|")
                self.assertRegex(answer, r"^20 replies; fastest \d.*, median \d.*, slowest \d")
                self.assertEqual(len(points.split()), 20)

    @gateway_only
    def test_screenshots(self):
        self.make_calls()
        folder = os.environ.get("MOTE_TEST_SCREENSHOTS") or self.enterContext(tempfile.TemporaryDirectory(prefix="mote-"))
        pictures = {}
        for name, (width, height, options) in SCREENS.items():
            picture = Path(folder) / f"{name}.png"
            self.browse(f"--window-size={width},{height}", f"--screenshot={picture}", *options)
            pictures[name] = picture.read_bytes()
            self.assertEqual(width_and_height(pictures[name]), (width, height))
        self.assertNotEqual(pictures["screen-light"], pictures["screen-dark"])


if __name__ == "__main__":
    suite.main()
