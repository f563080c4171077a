"""A virtual machine with Debian and systemd: QEMU, with KVM where that works."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from targets import Patience, die_with_parent

PROJECT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(PROJECT / "deploy"), str(PROJECT / "toolchains")]
import initramfs
import product
from isolated_apt import host_sources
from ports import unused_port

RELEASE = "bookworm"
PACKAGES = "adduser,busybox-static,dbus,iproute2,kmod,linux-image-cloud-amd64,openssh-server,procps,systemd-sysv,udev"
MODULES = ("virtio_pci", "virtio_blk", "virtio_net", "crc32c_generic", "ext4")
DISK = "1536M"
# The most that a boot of an emulated processor takes (Patience).
BOOT_SECONDS = 600
# KVM that exists and does not work, in a container or a nested machine, starts no kernel.
KVM_SECONDS = 10
NETWORK = "[Match]\nType=ether\n[Network]\nDHCP=yes\n"


def run(*command, **how):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, **how)
    if done.returncode != 0:
        raise AssertionError(f"{command} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def debian(cache):
    """A tar archive of a Debian with systemd. The first run makes it."""
    archive = cache / f"systemd-{RELEASE}.tar"
    if not archive.is_file():
        cache.mkdir(parents=True, exist_ok=True)
        sources = "".join(f"deb {how} {uri} {suite} main\n" for uri, suite, how in host_sources(RELEASE))
        fresh = archive.with_suffix(".new.tar")
        run("mmdebstrap", "--mode=root", "--variant=minbase", f"--include={PACKAGES}", RELEASE, fresh, "-", input=sources)
        fresh.rename(archive)
    return archive


class VirtualMachine:
    """Port 22 of the machine is a port of 127.0.0.1; root and the user guest log in with a key. Its disk is new."""

    def __init__(self, folder, cache):
        self.folder = Path(folder)
        self._process = self._accelerator = None
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.folder / "key")
        with tempfile.TemporaryDirectory(dir=cache) as root:
            self._make_disk(Path(root), debian(cache))
        self._port = unused_port()

    def _make_disk(self, root, archive):
        run("tar", "-xf", archive, "-C", root)
        kernel = next((root / "lib/modules").iterdir()).name
        shutil.copy(root / f"boot/vmlinuz-{kernel}", self.folder / "vmlinuz")
        label = product.Product().text("@ROOT_LABEL@")
        script = product.Product().render((PROJECT / "deploy/sdcard/initramfs.sh").read_bytes())
        initramfs.write(self.folder / "initrd", root / "bin/busybox", script, root, kernel, MODULES)
        shutil.rmtree(root / "boot")
        (root / "etc/fstab").write_text("/dev/vda / ext4 defaults 0 1\n")
        (root / "etc/hostname").write_text("machine\n")
        (root / "etc/systemd/network/80-dhcp.network").write_text(NETWORK)
        run("chroot", root, "systemctl", "enable", "systemd-networkd")
        run("chroot", root, "useradd", "--create-home", "guest")
        for home, user in (("root", "root"), ("home/guest", "guest")):
            (root / home / ".ssh").mkdir(parents=True, exist_ok=True)
            shutil.copy(self.folder / "key.pub", root / home / ".ssh/authorized_keys")
            run("chroot", root, "chown", "-R", f"{user}:{user}", f"/{home}")
            (root / home / ".ssh").chmod(0o700)
        run("mke2fs", "-q", "-t", "ext4", "-m", "0", "-L", label, "-d", root, self.folder / "disk", DISK, env={**os.environ, "PATH": f"{os.environ['PATH']}:/sbin"})

    @property
    def ssh(self):
        return (
            f"ssh -F none -p {self._port} -i {self.folder}/key -o IdentitiesOnly=yes -o StrictHostKeyChecking=no "
            "-o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -o ConnectTimeout=60"
        )

    @property
    def console(self):
        return (self.folder / "console").read_text(errors="replace")

    def start(self):
        if os.access("/dev/kvm", os.R_OK | os.W_OK):
            self._launch("kvm")
            if self.wait(lambda: "Linux version" in self.console, KVM_SECONDS):
                return self.wait_until_up()
            self.stop()
        self._launch("tcg")
        self.wait_until_up()

    def _launch(self, accelerator):
        command = [
            *("qemu-system-x86_64", "-accel", accelerator, "-cpu", "max", "-m", "512", "-nodefaults", "-display", "none", "-no-reboot"),
            *("-serial", f"file:{self.folder}/console", "-kernel", "vmlinuz", "-initrd", "initrd"),
            *("-append", "console=ttyS0 panic=10 systemd.show_status=0 systemd.unit=multi-user.target"),
            *("-drive", "file=disk,if=virtio,format=raw,cache=unsafe"),
            *("-netdev", f"user,id=net,hostfwd=tcp:127.0.0.1:{self._port}-:22", "-device", "virtio-net-pci,netdev=net,romfile="),
        ]
        self._accelerator = accelerator
        (self.folder / "console").write_text("")
        self._process = subprocess.Popen(command, cwd=self.folder, stdin=subprocess.DEVNULL, preexec_fn=die_with_parent)

    def wait_until_up(self):
        def answers():
            return subprocess.run([*self.ssh.split(), "-o", "BatchMode=yes", "-o", "ConnectTimeout=10", "root@127.0.0.1", "true"], capture_output=True, check=False).returncode == 0

        if not self.wait(answers, BOOT_SECONDS):
            raise AssertionError(f"no ssh; end of the console:\n{self.console[-3000:]}")

    def wait(self, condition, seconds):
        """True as soon as the condition is true; False after so many seconds (Patience)."""
        patience = Patience(self._process, seconds)
        while not condition():
            if patience.is_over():
                return False
            time.sleep(1)
        return True

    def on_it(self, command, code=0, data=None):
        """Runs a command as root. Returns its output."""
        done = subprocess.run([*self.ssh.split(), "root@127.0.0.1", command], input=data, capture_output=True, check=False, timeout=600)
        text = (done.stdout + done.stderr).decode(errors="replace")
        if code is not None and done.returncode != code:
            raise AssertionError(f"{command} ended with {done.returncode}, not {code}:\n{text}")
        return text

    def reboot(self):
        """Starts QEMU anew: QEMU 7.2 without KVM sometimes hangs when its machine restarts (an endless loop in page_collection_lock)."""
        boot = self.on_it("cat /proc/sys/kernel/random/boot_id")
        self.on_it("systemctl --no-block reboot", code=None)
        if not self.wait(lambda: self._process.poll() is not None, BOOT_SECONDS):
            raise AssertionError(f"the machine does not shut down; end of the console:\n{self.console[-3000:]}")
        self._launch(self._accelerator)
        self.wait_until_up()
        if self.on_it("cat /proc/sys/kernel/random/boot_id") == boot:
            raise AssertionError("the machine did not restart")

    def stop(self):
        if self._process is not None:
            self._process.kill()
            self._process.wait()
