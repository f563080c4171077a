"""An SD-card image with the gateway as its service, made without root.

Three partitions, with the names of the product in front: BOOT (FAT) has the firmware, the kernel and the files that users edit; root (ext4, read-only)
has a busybox, an ssh server and a release; data (ext4) has the releases of `deploy push`. sdcard/ has the scripts of
the image, and boards/BOARD/image.toml the differences between boards. Kernel, firmware and programs come from Debian;
toolchains/packages.sha256 pins them.
"""

import io
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from pathlib import Path

import archive
import disk
import initramfs
import release
from product import PROJECT

HERE = Path(__file__).resolve().parent
SCRIPTS = HERE / "sdcard"
sys.path.insert(0, str(PROJECT / "toolchains"))
import pinned
from isolated_apt import AptError

# With the space before the first partition, the size is a power of two, which QEMU requires for an SD card.
BOOT_BYTES, ROOT_BYTES, DATA_BYTES = 124 * disk.MIB, 48 * disk.MIB, 80 * disk.MIB
SERVICES = ("network", "dhcp", "ssh-server", "time", "watchdog", "console", "keep-gateway", "rotate-log")
EMULATORS = {"arm64": "qemu-aarch64-static", "armhf": "qemu-arm-static", "armel": "qemu-arm-static"}
# Modules for the partitions of the image and for the watchdog, on every board. ext4 needs its checksum module loaded: there is no modprobe.
COMMON_MODULES = ("mmc_block", "crc32c_generic", "ext4", "vfat", "nls_cp437", "nls_ascii", "bcm2835_wdt")
FIRMWARE = ("bootcode.bin", "start.elf", "fixup.dat", "start4.elf", "fixup4.dat")
TIME_SERVERS = "# Lines of chrony.conf, in addition to the servers that DHCP names.\npool pool.ntp.org iburst\n"
NO_KEYS = "# Public keys for ssh logins as root, one per line, as in ~/.ssh/authorized_keys.\n"

# The home folder of root is in memory; rc.sh copies the keys to it.
ACCOUNTS = {
    "passwd": "root:x:0:0:root:/run/home:/bin/sh\n@USER@:x:800:800:@USER@:/:/bin/false\n_chrony:x:801:801:_chrony:/:/bin/false\n"
    "nobody:x:65534:65534:nobody:/:/bin/false\n",
    "group": "root:x:0:\ntty:x:5:\n@GROUP@:x:800:\n_chrony:x:801:\nnogroup:x:65534:\n",
    # Root has a password only for the serial console: the ssh server accepts none.
    "shadow": "root:*:19000:0:99999:7:::\n@USER@:*:19000:0:99999:7:::\nnobody:*:19000:0:99999:7:::\n",
    "shells": "/bin/sh\n",
    "hosts": "127.0.0.1 localhost\n::1 localhost\n",
    "nsswitch.conf": "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\n",
}


def build(product, board, out, folder=None, authorized_keys=None, hostname=None, listen=(), console_password=None):
    """Writes the image of a board to `out`. Its hostname is by default the name of the product. `folder` contains the programs, as in
    release.build; `authorized_keys` is a file of public keys, `console_password` a file with the password of root on the serial
    console; without it there is no login there. `listen`: as in release.configuration. Raises release.Unusable."""
    recipe = read_recipe(product, board)
    keys = NO_KEYS.encode() + (release.read(authorized_keys) if authorized_keys else b"")
    package = release.build(product, board, folder, listen)
    try:
        packages = pinned.fetch_pinned(recipe["architecture"])
        kernel = next((packages / "lib/modules").iterdir()).name
        with tempfile.TemporaryDirectory(prefix="mote-image-", dir=out.absolute().parent) as work:
            work = Path(work)
            boot = boot_tree(product, work / "boot", recipe, packages, kernel)
            (boot / "gateway.conf").write_bytes(release.configuration(product, board, listen))
            (boot / "authorized_keys").write_bytes(keys)
            (boot / "hostname").write_text(f"{hostname or product.name}\n")
            (boot / "time-servers").write_text(TIME_SERVERS)
            root = root_tree(product, work / "root", recipe["architecture"], packages, package)
            if console_password:
                set_password(root, release.read(console_password).split(b"\n")[0])
            partitions = [
                disk.Partition(disk.FAT32_LBA, product.text("@BOOT_LABEL@"), BOOT_BYTES, boot),
                disk.Partition(disk.LINUX, product.text("@ROOT_LABEL@"), ROOT_BYTES, root),
                disk.Partition(disk.LINUX, product.text("@DATA_LABEL@"), DATA_BYTES),
            ]
            image = work / "image"
            disk.write(image, partitions, work)
            image.replace(out)
    except (AptError, OSError, subprocess.CalledProcessError) as error:
        raise release.Unusable(f"cannot make the image: {error}") from error
    return package.version


def read_recipe(product, board):
    path = release.board_file(product, board, "image.toml")
    if path is None:
        names = release.boards_with(product, "image.toml")
        raise release.Unusable(f"there is no image for board {board}; boards with images: {', '.join(names)}")
    return tomllib.loads(path.read_text())


def boot_tree(product, boot, recipe, packages, kernel):
    boot.mkdir()
    for name in FIRMWARE:
        shutil.copy(packages / "usr/lib/raspi-firmware" / name, boot)
    shutil.copy(packages / "usr/share/doc/raspi-firmware/copyright", boot / "firmware-licence.txt")
    shutil.copy(packages / f"boot/vmlinuz-{kernel}", boot / "vmlinuz")
    for tree in recipe["device_trees"]:
        shutil.copy(packages / f"usr/lib/linux-image-{kernel}" / tree, boot)
    modules = [*COMMON_MODULES, *recipe["modules"]]
    script = product.render((SCRIPTS / "initramfs.sh").read_bytes())
    initramfs.write(boot / "initrd.img", packages / "bin/busybox", script, packages, kernel, modules)
    bits = "arm_64bit=1\n" if recipe["architecture"] == "arm64" else ""
    (boot / "config.txt").write_text(
        f"{bits}# Device trees have the names of the Linux kernel.\nupstream_kernel=1\nenable_uart=1\n"
        "kernel=vmlinuz\ninitramfs initrd.img followkernel\n"
    )
    consoles = " ".join(f"console={console}" for console in recipe["consoles"])
    # Trust the hardware random number generator: its driver reports no quality, and an ARMv6 has no other entropy for
    # minutes.
    (boot / "cmdline.txt").write_text(f"{consoles} panic=10 rng_core.default_quality=1000\n")
    return boot


def root_tree(product, root, architecture, packages, package):
    private = f"usr/lib/{product.name}"
    for folder in ("bin", "sbin", "usr/bin", "usr/sbin", "etc/init.d", f"{private}/release"):
        (root / folder).mkdir(parents=True)
    for folder in ("boot", "data", "dev", "opt", "proc", "run", "sys", "tmp", "var"):
        (root / folder).mkdir()
    for name, text in ACCOUNTS.items():
        (root / "etc" / name).write_text(product.text(text))
    (root / "etc/shadow").chmod(0o600)
    (root / product.config_folder.removeprefix("/")).symlink_to(f"/run/{product.name}")
    (root / "etc/resolv.conf").symlink_to("/run/resolv.conf")
    (root / "etc/inittab").write_bytes(product.render((SCRIPTS / "inittab").read_bytes()))
    (root / private / "listening").write_bytes((HERE / "listening.sh").read_bytes())
    (root / private / "built").write_text(f"{archive.epoch()}\n")
    for name, place in (("rc", "etc/rc"), *((name, f"{private}/{name}") for name in SERVICES)):
        (root / place).write_bytes(product.render((SCRIPTS / f"{name}.sh").read_bytes()))
        (root / place).chmod(0o755)
    with tarfile.open(fileobj=io.BytesIO(package.archive)) as files:
        files.extractall(root / private / "release")
    install_busybox(root, packages / "bin/busybox", EMULATORS[architecture])
    install_servers(root, packages, EMULATORS[architecture])
    return root


def set_password(root, password):
    if not password:
        raise release.Unusable("the password of the console is empty")
    hashed = subprocess.run(["openssl", "passwd", "-6", "-stdin"], input=password, check=True, capture_output=True).stdout
    shadow = root / "etc/shadow"
    shadow.write_text(shadow.read_text().replace("root:*:", f"root:{hashed.decode().strip()}:", 1))


def install_busybox(root, busybox, emulator):
    shutil.copy(busybox, root / "bin/busybox")
    listed = subprocess.run([emulator, busybox, "--list-full"], check=True, capture_output=True, text=True).stdout
    for path in listed.split():
        link = root / path
        link.parent.mkdir(parents=True, exist_ok=True)
        if not link.exists():
            link.symlink_to("/bin/busybox")


def install_servers(root, packages, emulator):
    """Installs dropbear, chronyd, ssh-keygen (for signatures) and the shared libraries of the packages, which are exactly those that
    these need."""
    programs = ("usr/sbin/dropbear", "usr/bin/dropbearkey", "usr/sbin/chronyd", "usr/bin/ssh-keygen")
    for path in programs:
        shutil.copy(packages / path, root / path)
    for pattern in ("lib/*.so*", "lib/*/*.so*", "usr/lib/*/*.so*"):
        for path in packages.glob(pattern):
            place = root / path.relative_to(packages)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, place, follow_symlinks=False)
    # The loader of the emulated machine ends with 127 if a library is missing.
    for path in programs:
        done = subprocess.run([emulator, "-L", root, root / path, "-?"], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
        if done.returncode == 127:
            raise release.Unusable(f"cannot make the image: {done.stderr.strip()}")
