"""Tests with curl and h2load: first steps of a user, and 100,000 calls."""

import re
import subprocess
import tempfile
from pathlib import Path

import raw_http2 as h2
import suite
from raw_case import request
from suite import EchoTestCase, echo_pb2, gateway_only

CALLS = 100_000
LOAD_SECONDS = 100


class Curl(EchoTestCase):
    def curl(self, path, *arguments):
        """The body, and the HTTP version, status and content type of the response."""
        result = subprocess.run(
            ["curl", "--silent", "--show-error", "--max-time", str(suite.PATIENCE), *arguments]
            + ["--write-out", "\n%{http_version} %{response_code} %{content_type}", f"http://{self.gateway.target}{path}"],
            capture_output=True,
            timeout=suite.PATIENCE + 5,
            check=False,
        )
        self.assertEqual(result.returncode, 0, result.stderr)
        body, _, described = result.stdout.rpartition(b"\n")
        return body, described.decode().split(" ", 2)

    def assert_page(self, *arguments, version):
        body, (used, status, content_type) = self.curl("/", *arguments)
        self.assertEqual((used, status), (version, "200"))
        self.assertTrue(content_type.startswith("text/plain"), content_type)
        self.assertIn(b"gRPC", body)
        self.assertIn(b"mote", body)

    @gateway_only
    def test_page_over_http2(self):
        self.assert_page("--http2-prior-knowledge", version="2")

    @gateway_only
    def test_page_over_http1(self):
        self.assert_page(version="1.1")
        self.assert_page("--http1.0", version="1.1")

    @gateway_only
    def test_page_for_a_client_that_offers_an_upgrade(self):
        self.assert_page("--http2", version="1.1")

    @gateway_only
    def test_other_pages(self):
        _, (_, status, _) = self.curl("/nowhere", "--http2-prior-knowledge")
        self.assertIn(status, ("404", "405"))

    @gateway_only
    def test_refusals(self):
        post = ("--http2-prior-knowledge", "--request", "POST", "--header", "te: trailers")
        _, (_, status, _) = self.curl("/echo.Echo/Reply", *post, "--header", "content-type: text/plain")
        self.assertEqual(status, "415")
        _, (_, status, _) = self.curl("/echo.Echo/Reply", "--http2-prior-knowledge")
        self.assertEqual(status, "405")

    @gateway_only
    def test_refusal_of_much_content(self):
        """curl treats an answer before the end of its request as a stream error, so the gateway reads the request first."""
        with tempfile.NamedTemporaryFile() as body:
            body.write(b"x" * 1_000_000)
            body.flush()
            for arguments, expected in (("--data-binary", f"@{body.name}"), "415"), (("--upload-file", body.name), "405"):
                _, (_, status, _) = self.curl("/nowhere", "--http2-prior-knowledge", *arguments)
                self.assertEqual(status, expected)

    def test_call(self):
        with tempfile.NamedTemporaryFile() as body:
            body.write(h2.message(request("from curl")))
            body.flush()
            arguments = ["--http2-prior-knowledge", "--data-binary", f"@{body.name}"]
            headers = ["--header", "te: trailers", "--header", "content-type: application/grpc"]
            answer, (_, status, _) = self.curl("/echo.Echo/Reply", *arguments, *headers)
        self.assertEqual(status, "200")
        self.assertEqual(echo_pb2.EchoReply.FromString(answer[5:]).message, "You said: from curl")


class Load(EchoTestCase):
    """Every call of h2load must be answered with the right number of bytes."""

    def h2load(self, path, payload, calls, *arguments):
        with tempfile.TemporaryDirectory() as folder:
            body = Path(folder) / "body"
            body.write_bytes(h2.message(payload))
            result = subprocess.run(
                ["h2load", "-n", str(calls), "-d", body, *arguments]
                + ["-H", "te: trailers", "-H", "content-type: application/grpc", f"http://{self.gateway.target}{path}"],
                capture_output=True,
                text=True,
                timeout=LOAD_SECONDS,
                check=False,
            )
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def assert_all_answered(self, calls, payload, *arguments):
        output = self.h2load("/echo.Echo/Reply", payload, calls, *arguments)
        self.assertRegex(output, rf"{calls} total, {calls} started, {calls} done, {calls} succeeded, 0 failed, 0 errored")
        self.assertRegex(output, rf"status codes: {calls} 2xx")
        said = echo_pb2.EchoReply(message="You said: " + echo_pb2.EchoRequest.FromString(payload).message)
        data = int(re.search(r"\((\d+)\) data", output).group(1))
        self.assertEqual(data, calls * len(h2.message(said.SerializeToString())))

    def test_hundred_thousand_calls(self):
        self.assert_all_answered(CALLS if not suite.gateway.is_reference() else 1000, request(), "-c8", "-m16")

    def test_many_connections(self):
        self.assert_all_answered(2000, request(), "-c100", "-m4")

    def test_messages_of_many_frames(self):
        self.assert_all_answered(500, request("x" * 60000), "-c4", "-m8")

    def test_client_of_small_windows(self):
        self.assert_all_answered(500, request("x" * 5000), "-c4", "-m8", "-w10", "-W11")


if __name__ == "__main__":
    suite.main()
