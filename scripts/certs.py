"""Creates what a gateway with TLS and its devices need, for tests and first steps.

    certs.py DIR [--gateway NAME]... [--device NAME]... [--days DAYS] [--renew]

DIR/ca.pem, ca.key            the certificate authority
DIR/gateway.pem, gateway.key  of the gateway; its names (default: localhost and 127.0.0.1) are what clients compare
DIR/NAME.pem, NAME.key        of each device (default: one, "device")
DIR/devices.psk               one line "NAME KEY" for each device: a pre-shared key of 256 random bits in hexadecimal

All keys are ECDSA on P-256. Files that exist are kept; --renew creates the certificates again, with the same keys and authority.
Keys are readable by the owner alone. openssl(1) does the work.
"""

import argparse
import ipaddress
import os
import re
import secrets
import subprocess
import sys
from pathlib import Path

NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", metavar="DIR", type=Path)
    parser.add_argument("--gateway", action="append", metavar="NAME", help="a DNS name or an address of the gateway")
    parser.add_argument("--device", action="append", metavar="NAME", help="the name of a device")
    parser.add_argument("--days", type=int, default=825, help="validity of certificates (default 825; the authority: ten times)")
    parser.add_argument("--renew", action="store_true", help="replace certificates, keep keys")
    arguments = parser.parse_args()
    devices = arguments.device or ["device"]
    names = arguments.gateway or ["localhost", "127.0.0.1"]
    wrong = [name for name in devices + names if not (NAME.fullmatch(name) or is_address(name))]
    taken = [name for name in devices if name in ("ca", "gateway")]
    if wrong or taken or arguments.days < 1:
        reason = "--days must be positive"
        if taken:
            reason = f"a device cannot have the name {taken[0]}"
        if wrong:
            reason = f"not a usable name: {wrong[0]}"
        print(f"certs: {reason}", file=sys.stderr)
        return 2
    try:
        Certificates(arguments.folder, arguments.days, arguments.renew).make(names, devices)
    except (OSError, subprocess.CalledProcessError) as error:
        detail = getattr(error, "stderr", None) or ""
        print(f"certs: {error}\n{detail}".rstrip(), file=sys.stderr)
        return 1
    return 0


class Certificates:
    def __init__(self, folder, days, renew):
        self._folder = folder
        self._days = days
        self._renew = renew

    def make(self, gateway_names, devices):
        self._folder.mkdir(parents=True, exist_ok=True)
        if not (self._folder / "ca.pem").exists():
            self._make_key("ca")
            openssl("req", "-x509", "-new", "-key", self._path("ca.key"), "-subj", "/CN=mote CA", "-days", 10 * self._days,
                    "-addext", "basicConstraints=critical,CA:TRUE,pathlen:0", "-addext", "keyUsage=critical,keyCertSign,cRLSign",
                    "-out", self._path("ca.pem"))
        self._make_certificate("gateway", gateway_names, "serverAuth")
        for device in devices:
            self._make_certificate(device, [device], "clientAuth")
        self._make_psks(devices)

    def _make_key(self, name):
        path = self._folder / f"{name}.key"
        if not path.exists():
            with private_file(path) as file:
                file.write(openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"))

    def _make_certificate(self, name, names, usage):
        path = self._folder / f"{name}.pem"
        if path.exists() and not self._renew:
            return
        self._make_key(name)
        alternatives = ",".join(f"IP:{one}" if is_address(one) else f"DNS:{one}" for one in names)
        request = openssl("req", "-new", "-key", self._path(f"{name}.key"), "-subj", f"/CN={name}")
        extensions = self._folder / f"{name}.extensions"
        extensions.write_text(f"basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n"
                              f"extendedKeyUsage={usage}\nsubjectAltName={alternatives}\n")
        try:
            openssl("x509", "-req", "-CA", self._path("ca.pem"), "-CAkey", self._path("ca.key"), "-days", self._days,
                    "-set_serial", f"0x{secrets.token_hex(16)}", "-extfile", extensions, "-out", path, standard_input=request)
        finally:
            extensions.unlink()

    def _make_psks(self, devices):
        path = self._folder / "devices.psk"
        lines = path.read_text().splitlines() if path.exists() else []
        known = {line.split()[0] for line in lines if line.split()}
        lines += [f"{device} {secrets.token_hex(32)}" for device in devices if device not in known]
        with private_file(path) as file:
            file.write("".join(line + "\n" for line in lines))

    def _path(self, name):
        return self._folder / name


def openssl(*arguments, standard_input=None):
    return subprocess.run(["openssl", *map(str, arguments)], input=standard_input, capture_output=True, text=True, check=True).stdout


def private_file(path):
    return open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w")


def is_address(text):
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
