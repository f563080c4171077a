"""The metrics: what they count, that Prometheus reads them, and that the dashboard and the alert rules use them."""

import contextlib
import json
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import unittest
import urllib.parse
import urllib.request
from pathlib import Path

import gateway
import grpc
import http1_client as http
import raw_http2 as h2
import suite
from gateway import Gateway
from suite import echo_pb2, echo_pb2_grpc, gateway_only, health_pb2, health_pb2_grpc

ROOT = Path(__file__).resolve().parents[2]
DASHBOARD = ROOT / "docs/dashboard.json"
ALERTS = ROOT / "docs/alerts.yml"
REPLY = 'grpc_type="unary",grpc_service="echo.Echo",grpc_method="Reply"'
STREAM = 'grpc_type="server_stream",grpc_service="echo.Echo",grpc_method="ReplyStream"'
CHECK = 'grpc_type="unary",grpc_service="grpc.health.v1.Health",grpc_method="Check"'
OTHER = 'grpc_type="other",grpc_service="other",grpc_method="other"'
# Words of PromQL in the queries of the dashboard and the rules, and labels.
NOT_METRICS = set(
    "sum rate increase changes histogram_quantile by on time job instance le pool limit code grpc_code grpc_service grpc_method direction label_values".split()
)


def tool(name):
    path = shutil.which(name)
    if path is None:
        raise unittest.SkipTest(f"SKIPPED: {name} is not installed (package prometheus)")
    return path


def names_in(query):
    """The metrics that a query uses."""
    plain = re.sub(r'"[^"]*"|\[[^\]]*\]|\$\w+', " ", query)
    words = set(re.findall(r"(?<![\w.])[a-z_][a-z0-9_]*", plain))
    return {word for word in words - NOT_METRICS if "_" in word or word == "up"}


def families(text):
    """The names behind # TYPE, with those of a histogram's samples."""
    found = set()
    for name, kind in re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE):
        found |= {f"{name}_{end}" for end in ("bucket", "sum", "count")} if kind == "histogram" else {name}
    return found


def has_flag(name):
    """Whether the program was built with it."""
    return name in subprocess.run([*gateway.under_test(), "--help"], capture_output=True, text=True, check=True).stdout


class MetricsTestCase(unittest.TestCase):
    def start(self, *options, **named):
        self.gateway = Gateway("--http", "127.0.0.1:0", *options, **named).start()
        self.addCleanup(self.gateway.stop)
        self.address = http.monitor_address(self.gateway)

    @contextlib.contextmanager
    def start_tls(self, *options, flags=()):
        """With a listener that speaks TLS. `options` are those of ./dev certs, `flags` those of the gateway."""
        if not has_flag("--tls-certificate"):
            self.skipTest("SKIPPED: built without TLS")
        with tempfile.TemporaryDirectory(prefix="mote-") as folder:
            subprocess.run([sys.executable, str(ROOT / "scripts/certs.py"), folder, *options], check=True, capture_output=True)
            files = ("--tls-certificate", f"{folder}/gateway.pem", "--tls-key", f"{folder}/gateway.key")
            self.start(*files, *flags, listen=("tls:127.0.0.1:0",))
            yield

    def stubs(self):
        channel = grpc.insecure_channel(self.gateway.target, options=suite.CHANNEL_OPTIONS)
        self.addCleanup(channel.close)
        return echo_pb2_grpc.EchoStub(channel), health_pb2_grpc.HealthStub(channel)

    def text(self, path="/metrics"):
        with http.Connection(self.address) as connection:
            return connection.ask(path).text

    def scrape(self):
        return http.metrics(self.text())

    def stats(self):
        return json.loads(self.text("/stats.json"))


class Counting(MetricsTestCase):
    @gateway_only
    def test_calls_by_method_and_code(self):
        self.start()
        echo, health = self.stubs()
        for _ in range(5):
            echo.Reply(echo_pb2.EchoRequest(message="hello"), timeout=suite.PATIENCE)
        self.assertEqual(len(list(echo.ReplyStream(echo_pb2.EchoRequest(message="x", count=3), timeout=suite.PATIENCE))), 3)
        with self.assertRaises(grpc.RpcError):
            health.Check(health_pb2.HealthCheckRequest(service="none"), timeout=suite.PATIENCE)
        samples = self.scrape()
        self.assertEqual(samples[f"grpc_server_started_total{{{REPLY}}}"], 5)
        self.assertEqual(samples[f'grpc_server_handled_total{{{REPLY},grpc_code="OK"}}'], 5)
        self.assertEqual(samples[f'grpc_server_handled_total{{{STREAM},grpc_code="OK"}}'], 1)
        self.assertEqual(samples[f'grpc_server_handled_total{{{CHECK},grpc_code="OK"}}'], 0)
        self.assertEqual(samples[f'grpc_server_handled_total{{{CHECK},grpc_code="NOT_FOUND"}}'], 1)
        self.assertEqual(samples[f"grpc_server_handling_seconds_count{{{REPLY}}}"], 5)
        self.assertGreater(samples[f"grpc_server_handling_seconds_sum{{{REPLY}}}"], 0)
        self.assertGreater(samples["mote_received_bytes_total"], 100)
        self.assertGreater(samples["mote_sent_bytes_total"], 100)
        self.assertEqual(samples["mote_connections_opened_total"], 1)
        self.assertEqual(samples['mote_pool_used{pool="connections"}'], 1)
        methods = {method["method"]: method for method in self.stats()["methods"]}
        self.assertEqual(methods["Reply"]["codes"], {"OK": 5})
        self.assertEqual(sum(methods["Reply"]["within"]), 5)
        self.assertEqual(methods["Check"]["codes"], {"NOT_FOUND": 1})

    @gateway_only
    def test_buckets_are_cumulative(self):
        self.start()
        echo, _ = self.stubs()
        request = echo_pb2.EchoRequest(message="x", count=3, interval_ms=30)
        self.assertEqual(len(list(echo.ReplyStream(request, timeout=suite.PATIENCE))), 3)
        found = re.findall(rf'^grpc_server_handling_seconds_bucket{{{STREAM},le="(\S+)"}} (\d+)$', self.text(), re.MULTILINE)
        bounds, counts = [float(bound) for bound, _ in found], [int(count) for _, count in found]
        self.assertEqual(bounds, [1e-4, 2.5e-4, 1e-3, 2.5e-3, 0.01, 0.025, 0.1, 0.25, 1, 2.5, 10, float("inf")])
        self.assertEqual(counts, sorted(counts))
        self.assertEqual((counts[5], counts[-1]), (0, 1))

    @gateway_only
    def test_a_call_that_its_client_ends(self):
        self.start()
        echo, _ = self.stubs()
        call = echo.ReplyStream(echo_pb2.EchoRequest(message="x", count=1000, interval_ms=50), timeout=suite.PATIENCE)
        next(call)
        self.assertEqual(self.scrape()['mote_pool_used{pool="streams"}'], 1)
        call.cancel()
        cancelled = f'grpc_server_handled_total{{{STREAM},grpc_code="CANCELLED"}}'
        suite.wait_until(lambda: self.scrape().get(cancelled) == 1, "the call is counted as cancelled")

    @gateway_only
    def test_unknown_methods_share_a_row(self):
        self.start()
        with grpc.insecure_channel(self.gateway.target, options=suite.CHANNEL_OPTIONS) as channel:
            for method in ("/a.B/C", "/echo.Echo/None"):
                with self.assertRaises(grpc.RpcError):
                    channel.unary_unary(method)(b"", timeout=suite.PATIENCE)
        samples = self.scrape()
        self.assertEqual(samples[f'grpc_server_handled_total{{{OTHER},grpc_code="UNIMPLEMENTED"}}'], 2)

    @gateway_only
    def test_every_limit_has_a_counter(self):
        self.start()
        counted = set(re.findall(r'^mote_limit_reached_total\{limit="([\w-]+)"\}', self.text(), re.MULTILINE))
        page = (ROOT / "docs/limits.md").read_text().split("## Rules", 1)[0]
        self.assertEqual(counted, set(re.findall(r"^\| `([\w-]+)` \|", page, re.MULTILINE)))

    @gateway_only
    def test_a_limit_that_is_reached(self):
        self.start("--max-connections", 1)
        with h2.Connection(self.gateway.target) as connection:
            stream = connection.call("/echo.Echo/Collect", end_stream=False)
            connection.settle()
            with h2.connected_socket(self.gateway.target) as refused:
                refused.settimeout(suite.PATIENCE)
                while refused.recv(4096):
                    pass
            self.assertEqual(self.scrape()['mote_limit_reached_total{limit="max-connections-per-address"}'], 1)
            stats = self.stats()
            self.assertEqual(stats["limits"], [{"name": "max-connections-per-address", "count": 1}])
            self.assertEqual([(one["name"], one["count"]) for one in stats["refusals"]], [("max-connections-per-address", 1)])
            self.assertRegex(stats["refusals"][0]["peer"], r"^127\.0\.0\.1:\d+$")
            self.assertEqual(stats["peers"], [{"address": "127.0.0.1", "connections": 1, "calls": 1, "blocks": 0}])
            connection.send_reset(stream)

    @gateway_only
    def test_compressed_messages(self):
        if not has_flag("--gzip"):
            self.skipTest("SKIPPED: built without compression")
        self.start("--gzip", "on")
        with grpc.insecure_channel(self.gateway.target, options=suite.CHANNEL_OPTIONS, compression=grpc.Compression.Gzip) as channel:
            reply = echo_pb2_grpc.EchoStub(channel).Reply(echo_pb2.EchoRequest(message="x" * 5000), timeout=suite.PATIENCE)
        self.assertEqual(reply.message, "You said: " + "x" * 5000)
        samples = self.scrape()
        for direction in ("received", "sent"):
            self.assertEqual(samples[f'mote_gzip_messages_total{{direction="{direction}"}}'], 1)
            plain = samples[f'mote_gzip_plain_bytes_total{{direction="{direction}"}}']
            self.assertGreaterEqual(plain, 5000)
            self.assertLess(samples[f'mote_gzip_compressed_bytes_total{{direction="{direction}"}}'], plain / 10)

    @gateway_only
    def test_memory_is_that_of_the_report(self):
        self.start("--memory-budget", "48MiB")
        samples = self.scrape()
        self.assertEqual(samples["mote_memory_budget_bytes"], 48 * 1024 * 1024)
        parts = sum(value for name, value in samples.items() if name.startswith("mote_limit_memory_bytes"))
        self.assertEqual(parts, samples["mote_memory_worst_case_bytes"])
        resident = samples["process_resident_memory_bytes"] / 1024
        self.assertEqual(abs(resident - self.gateway.memory_kib()) < 200, True, resident)

    @gateway_only
    def test_days_until_the_certificate_expires(self):
        with self.start_tls("--days", "30"):
            samples = self.scrape()
            stats = self.stats()
        left = samples["mote_tls_certificate_expiry_timestamp_seconds"] - samples["process_start_time_seconds"]
        self.assertEqual(round(left / 86400), 30)
        self.assertEqual(stats["certificate_expires"], samples["mote_tls_certificate_expiry_timestamp_seconds"])
        self.assertEqual(samples['mote_pool_capacity{pool="tls-handshakes"}'], 8)


class Memory(MetricsTestCase):
    SCRAPES = 300

    @gateway_only
    def test_a_scrape_takes_no_memory(self):
        """All memory of replies is resident before the gateway is ready: the first scrape takes no more than a page of a stack that
        was not as deep before."""
        self.start()
        for paths, scrapes in ((("/metrics",), 1), (("/", "/metrics", "/stats.json"), self.SCRAPES)):
            before = self.gateway.memory_kib("RssAnon")
            with http.Connection(self.address) as connection:
                for _ in range(scrapes):
                    for path in paths:
                        self.assertEqual(connection.ask(path).status, 200)
            self.assertLessEqual(self.gateway.memory_kib("RssAnon") - before, 8)


class Tools(MetricsTestCase):
    @gateway_only
    def test_promtool_accepts_the_metrics(self):
        promtool = tool("promtool")
        self.start()
        echo, _ = self.stubs()
        echo.Reply(echo_pb2.EchoRequest(message="hello"), timeout=suite.PATIENCE)
        checked = subprocess.run([promtool, "check", "metrics"], input=self.text(), text=True, capture_output=True, check=False)
        self.assertEqual((checked.returncode, checked.stdout, checked.stderr), (0, "", ""))

    @gateway_only
    def test_promtool_accepts_the_alert_rules(self):
        checked = subprocess.run([tool("promtool"), "check", "rules", ALERTS], text=True, capture_output=True, check=False)
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)

    @gateway_only
    def test_prometheus_scrapes_the_gateway(self):
        prometheus = tool("prometheus")
        self.start()
        echo, _ = self.stubs()
        for _ in range(3):
            echo.Reply(echo_pb2.EchoRequest(message="hello"), timeout=suite.PATIENCE)
        with tempfile.TemporaryDirectory(prefix="mote-") as folder:
            config = Path(folder) / "prometheus.yml"
            target = "{}:{}".format(*self.address)
            job = {"job_name": "mote", "scrape_interval": "1s", "static_configs": [{"targets": [target]}]}
            # JSON is YAML.
            config.write_text(json.dumps({"rule_files": [str(ALERTS)], "scrape_configs": [job]}))
            with socket.create_server(("127.0.0.1", 0)) as free:
                at = "127.0.0.1:{}".format(free.getsockname()[1])
            command = [prometheus, f"--config.file={config}", f"--storage.tsdb.path={folder}/data", f"--web.listen-address={at}"]
            with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
                try:
                    self.check_prometheus(at, target)
                finally:
                    process.terminate()
        self.assertGreaterEqual(self.scrape()['mote_http_requests_total{code="200"}'], 1)

    def check_prometheus(self, at, target):
        def ask(path):
            try:
                with urllib.request.urlopen(f"http://{at}{path}", timeout=5) as response:
                    return json.load(response)["data"]
            except OSError:
                return None

        def query(text):
            answer = ask("/api/v1/query?query=" + urllib.parse.quote(text))
            return [float(one["value"][1]) for one in answer["result"]] if answer else []

        suite.wait_until(lambda: query('up{job="mote"}') == [1], "Prometheus has scraped the gateway", 60)
        scraped = ask("/api/v1/targets")["activeTargets"][0]
        self.assertEqual((scraped["health"], scraped["lastError"], scraped["labels"]["instance"]), ("up", "", target))
        calls = f'grpc_server_handled_total{{{REPLY},grpc_code="OK"}}'
        self.assertEqual(query(calls), [3])
        self.assertEqual(query("mote_draining"), [0])
        # Every query of the dashboard is one for Prometheus, and those that need no second scrape have an answer.
        for text in dashboard_queries():
            text = text.replace("$__rate_interval", "1m").replace("$__range", "1m").replace("$job", "mote").replace("$instance", ".*")
            self.assertIsNotNone(ask("/api/v1/query?query=" + urllib.parse.quote(text)), text)
        rules = ask("/api/v1/rules")["groups"][0]["rules"]
        self.assertEqual({rule.get("lastError", "") for rule in rules}, {""})


def dashboard_queries():
    dashboard = json.loads(DASHBOARD.read_text())
    return [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]


class Names(MetricsTestCase):
    @gateway_only
    def test_the_dashboard_shows_exactly_these_metrics(self):
        if not has_flag("--gzip"):
            self.skipTest("SKIPPED: built without compression")
        with self.start_tls(flags=("--gzip", "on")):
            served = families(self.text())
        shown = set().union(*(names_in(query) for query in dashboard_queries()))
        self.assertEqual(shown, served)
        rules = ALERTS.read_text()
        queries = re.findall(r"expr: (?:>-\n)?((?:.|\n)*?)\n\s+(?:for|labels):", rules)
        self.assertEqual(len(queries), rules.count("- alert:"))
        used = set().union(*(names_in(query) for query in queries))
        self.assertEqual(used - served, {"up"})


if __name__ == "__main__":
    suite.main()
