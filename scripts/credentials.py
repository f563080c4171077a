"""Makes the credentials of a board, in the form that the images of boards/mps2-an385 read from their flash.

    credentials.py DIR OUT [--device NAME] [--server-name NAME] [--psk | --no-certificate]

DIR is a folder of ./dev certs. By default the board gets the authority (ca.pem), its own certificate and key, and the name that the
server's certificate must contain (localhost). --no-certificate leaves out its own; --psk uses its line of devices.psk instead.

OUT: "MTL1", six sizes (16 bits, little-endian), and the six fields: server name and NUL, authority, certificate, key (all DER),
identity and NUL, pre-shared key. OUT contains secrets: only its owner can read it.
"""

import argparse
import os
import struct
import subprocess
import sys
from pathlib import Path

MARK = b"MTL1"
# CREDENTIALS in firmware-host/images/mps2-an385/image.ld.
MOST_BYTES = 4096


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", metavar="DIR", type=Path)
    parser.add_argument("out", metavar="OUT", type=Path)
    parser.add_argument("--device", default="device", metavar="NAME")
    parser.add_argument("--server-name", default="localhost", metavar="NAME")
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--psk", action="store_true")
    kind.add_argument("--no-certificate", action="store_true")
    arguments = parser.parse_args()
    try:
        if arguments.psk:
            fields = psk_fields(arguments.folder, arguments.device)
        else:
            fields = certificate_fields(arguments.folder, arguments.server_name, None if arguments.no_certificate else arguments.device)
        write(arguments.out, fields)
    except (OSError, ValueError, subprocess.CalledProcessError) as error:
        print(f"credentials: {error}", file=sys.stderr)
        return 1
    return 0


def psk_fields(folder, device):
    path = folder / "devices.psk"
    for line in path.read_text().splitlines():
        name, key = line.split()
        if name == device:
            return [b"", b"", b"", b"", name.encode() + b"\0", bytes.fromhex(key)]
    raise ValueError(f"{path} has no line for {device}")


def certificate_fields(folder, server_name, device):
    own = [der("x509", folder / f"{device}.pem"), der("pkey", folder / f"{device}.key")] if device else [b"", b""]
    return [server_name.encode() + b"\0", der("x509", folder / "ca.pem"), *own, b"", b""]


def der(kind, path):
    command = ["openssl", kind, "-in", str(path), "-outform", "DER"]
    return subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout


def write(path, fields):
    content = MARK + struct.pack("<6H", *map(len, fields)) + b"".join(fields)
    if len(content) > MOST_BYTES:
        raise ValueError(f"{len(content)} bytes, {len(content) - MOST_BYTES} more than the board has place for")
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)


if __name__ == "__main__":
    sys.exit(main())
