"""Runs a client of another language against a fresh server, and passes on how it ended.

    with_gateway.py [--server gateway --binary PATH] COMMAND...

In the command {target} stands for the server's address; the server takes messages of up to 4 MiB.
"""

import argparse
import subprocess
import sys

import gateway
from gateway import Gateway

CLIENT_SECONDS = 100


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--server", choices=("reference", "gateway"), default="reference")
    parser.add_argument("--binary", default="build/host/bin/mote-gateway")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    arguments = parser.parse_args()
    if arguments.server == "gateway":
        gateway.test_against([arguments.binary])
    with Gateway("--max-message-bytes", 4 << 20, "--drain-seconds", 1) as server:
        command = [word.replace("{target}", server.target) for word in arguments.command]
        code = subprocess.run(command, stdin=subprocess.DEVNULL, timeout=CLIENT_SECONDS, check=False).returncode
    sys.exit(code)


if __name__ == "__main__":
    main()
