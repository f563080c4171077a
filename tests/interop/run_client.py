"""Runs a client of the interop cases against a fresh server, and exits with the exit code of the client.

    run_client.py --server BINARY | reference | wrong [--flag=FLAG] [--must-fail=CASES] COMMAND...

In the command {port} stands for the server's port, and FLAG is one more flag of the server. With --must-fail so many cases must fail,
and with the wrong server (reference_server.py --wrong) every case, except those that do not depend on the answer of the server.
"""

import argparse
import re
import subprocess
import sys
from pathlib import Path

from gateway import Gateway

CLIENT_SECONDS = 120
REFERENCE = (sys.executable, str(Path(__file__).with_name("reference_server.py")))
DECIDED_BY_THE_CLIENT = {"timeout_on_sleeping_server", "cancel_after_begin"}
# The cases that both clients run.
CASES = 14


def passed_although_wrong(output, cases):
    """The cases that passed although they should have failed."""
    outcomes = dict(re.findall(r"^(\w+): (passed|FAILED)", output, re.MULTILINE))
    assert len(outcomes) >= cases, f"{len(outcomes)} cases"
    return [case for case, outcome in outcomes.items() if outcome == "passed" and case not in DECIDED_BY_THE_CLIENT]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--server", required=True)
    parser.add_argument("--flag", action="append", default=[])
    parser.add_argument("--must-fail", type=int, default=0, metavar="CASES")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    arguments = parser.parse_args()
    servers = {"reference": REFERENCE, "wrong": (*REFERENCE, "--wrong")}
    with Gateway("--port=0", *arguments.flag, listen=(), ready=1, command=servers.get(arguments.server, (arguments.server,))) as server:
        port = server.target.rpartition(":")[2]
        command = [word.replace("{port}", port) for word in arguments.command]
        client = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, timeout=CLIENT_SECONDS, check=False
        )
    print(client.stdout, end="")
    must_fail = CASES if arguments.server == "wrong" else arguments.must_fail
    if not must_fail:
        sys.exit(client.returncode)
    blind = passed_although_wrong(client.stdout, must_fail)
    print(f"passed although the server is wrong: {', '.join(blind) or 'none'}")
    sys.exit(1 if blind else 0)


if __name__ == "__main__":
    main()
