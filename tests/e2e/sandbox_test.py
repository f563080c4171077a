"""Tests the gateway in its sandbox: what the kernel reports of it, and that it still reloads and cleans up."""

import signal
import subprocess
import tempfile
import unittest
from pathlib import Path

import suite
from gateway import Gateway
from suite import gateway_only


def kernel_state(gateway):
    """The lines of /proc/PID/status, by name."""
    status = Path(f"/proc/{gateway.process.pid}/status").read_text()
    return dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)


class Sandbox(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="mote-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    @gateway_only
    def test_it_is_on_by_default(self):
        with Gateway() as gateway:
            gateway.wait_for_log("sandbox: ")
            if "sanitizer" in gateway.stderr:
                self.skipTest("SKIPPED: a program with a sanitizer has no sandbox")
            gateway.wait_for_log("sandbox: system calls are filtered")
            state = kernel_state(gateway)
            self.assertEqual((state["Seccomp"], state["NoNewPrivs"]), ("2", "1"))

    @gateway_only
    def test_it_can_be_turned_off(self):
        for options in (["--no-sandbox"], ["--sandbox", "off"]):
            with self.subTest(options), Gateway(*options) as gateway:
                gateway.wait_for_log("sandbox: off$")
                state = kernel_state(gateway)
                self.assertEqual((state["Seccomp"], state["NoNewPrivs"]), ("0", "0"))

    def reload(self, gateway, milliseconds):
        gateway.process.send_signal(signal.SIGHUP)
        gateway.wait_for_log(f"event=limit-changed name=keepalive-ms value={milliseconds}")

    @gateway_only
    def test_a_replaced_configuration_is_read(self):
        config = self.folder / "gateway.conf"
        config.write_text("keepalive-ms = 1000\n")
        with Gateway("--config", config) as gateway:
            gateway.wait_for_log("sandbox: ")
            new = self.folder / "gateway.conf.new"
            new.write_text("keepalive-ms = 2000\n")
            new.rename(config)
            self.reload(gateway, 2000)

    @gateway_only
    def test_a_configuration_behind_links_is_read(self):
        # As Kubernetes updates the files of a ConfigMap.
        for number in (1, 2):
            version = self.folder / f"..{number}"
            version.mkdir()
            (version / "gateway.conf").write_text(f"keepalive-ms = {number}000\n")
        data, new = self.folder / "..data", self.folder / "..new"
        data.symlink_to("..1")
        config = self.folder / "gateway.conf"
        config.symlink_to("..data/gateway.conf")
        with Gateway("--config", config) as gateway:
            gateway.wait_for_log("sandbox: ")
            new.symlink_to("..2")
            new.rename(data)
            self.reload(gateway, 2000)

    @gateway_only
    def test_a_configuration_in_the_working_directory_is_read(self):
        config = self.folder / "gateway.conf"
        config.write_text("keepalive-ms = 1000\n")
        command = ["env", "-C", str(self.folder), *suite.gateway.under_test(), "--config", "gateway.conf"]
        with Gateway(command=command) as gateway:
            gateway.wait_for_log("sandbox: ")
            config.write_text("keepalive-ms = 3000\n")
            self.reload(gateway, 3000)

    @gateway_only
    def test_the_unix_socket_is_removed_at_exit(self):
        path = self.folder / "mote.sock"
        with Gateway(listen=[f"unix:{path}"]) as gateway:
            gateway.wait_for_log("sandbox: ")
            self.assertTrue(path.is_socket())
        self.assertFalse(path.exists())

    @gateway_only
    def test_a_file_outside_the_folder_of_the_configuration_is_not_read(self):
        inside, outside = self.folder / "inside", self.folder / "outside"
        for folder in (inside, outside):
            folder.mkdir()
            (folder / "gateway.conf").write_text("keepalive-ms = 1000\n")
        with Gateway("--config", inside / "gateway.conf") as gateway:
            gateway.wait_for_log("sandbox: ")
            if "files are restricted" not in gateway.stderr:
                self.skipTest("SKIPPED: this kernel has no Landlock")
            (inside / "gateway.conf").unlink()
            (inside / "gateway.conf").symlink_to(outside / "gateway.conf")
            gateway.process.send_signal(signal.SIGHUP)
            gateway.wait_for_log("gateway.conf: .*Permission denied")
            gateway.wait_for_log("event=reload-failed")

    @gateway_only
    def test_an_invalid_value(self):
        command = [*suite.gateway.under_test(), "--sandbox", "maybe"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=suite.PATIENCE, check=False)
        self.assertEqual((done.returncode, done.stderr.count("\n")), (2, 1))
        self.assertIn('--sandbox: "maybe" is neither on nor off', done.stderr)


if __name__ == "__main__":
    suite.main()
