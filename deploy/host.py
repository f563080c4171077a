"""One host, reached over ssh. Each step is one ssh command that runs target.sh there. What the host answers is not trusted."""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

import command
import signature
from product import Unusable

HERE = Path(__file__).resolve().parent
TARGET = (HERE / "listening.sh").read_bytes() + (HERE / "target.sh").read_bytes()
# How the host reads a script of this length and runs it. The script is sent on standard input before the data: some ssh servers
# limit the length of a command (dropbear: 9,000 bytes). It is read byte by byte, so that no data is read with it. A truncated
# script does nothing, because its verbs are at the end.
READ_AND_RUN = 'eval "$(dd bs=1 count={} 2>/dev/null)"'
# Follow those of --ssh: ssh uses the first value of an option. A host that lost power does not close the connection: ssh closes it
# after one minute without an answer.
SSH_OPTIONS = "-o BatchMode=yes -o ConnectTimeout=10 -o ServerAliveInterval=15 -o ServerAliveCountMax=4".split()
# The exit code of ssh itself; target.sh does not use it.
SSH_FAILED = 255
# The exit code of deploy for a host with an unknown result.
LINK_LOST = 5
# The most that steps may take, for a host that keeps the connection and never ends: a release over a slow link; stopping and
# starting the service, in addition to the times of the health check; anything else.
COPY_SECONDS, RESTART_SECONDS, ANSWER_SECONDS = 1800, 300, 120
STATES = ("absent", "damaged", "stopped", "serving", "unhealthy")
VERSION = re.compile(r"[\w.~+-]{1,100}")


@dataclass(frozen=True)
class Outcome:
    code: int
    result: str
    before: str = "-"
    now: str = "-"
    # False: the host was not reached and was not changed, which tells nothing about the version.
    reached: bool = True


def host_name(text):
    """The argument of ssh, which must not read it as an option. Raises Unusable."""
    if not text or text.startswith("-") or not text.isprintable() or " " in text:
        raise Unusable(f"{command.printable(text)!r} is not the name of a host")
    return text


class Host:
    """`address` is the argument of ssh, `name` what is printed: the address if it is None."""

    def __init__(self, product, address, ssh, sudo, root, service, name=None):
        self._script = product.render(TARGET, SIGNER=signature.IDENTITY, NAMESPACE=signature.NAMESPACE)
        address = host_name(address)
        self.name = name or address
        words = shlex.split(ssh)
        if not words:
            raise Unusable("--ssh is empty")
        options = SSH_OPTIONS if Path(words[0]).name == "ssh" else []
        self._ssh = [*words, *options, address]
        self._become = ["sudo", "-n"] if sudo else []
        self._place = [root.rstrip("/"), service]
        self.report = print

    def push(self, release, health_seconds, watch_seconds, listens, allow_older, tls=None):
        """`listens`: the configuration of the release has addresses that the user chose. `allow_older`: than that of the host. `tls`: a
        TlsFiles for the host, or None."""
        before = self._facts()
        older = "yes" if allow_older else "no"
        if before.get("signatures") == "unchecked" and not self._accepts(release):
            return Outcome(1, "the release is not signed by a key that this host accepts", before["version"])
        if listens and before.get("configuration") == "present":
            self.report("keeps its gateway.conf: --listen has no effect")
        received = self._run("receive", release.version, release.sha256, older, data=release.archive, seconds=COPY_SECONDS)
        if received.code != 0:
            return self._failed(received, before)
        if tls is not None:
            installed = self._run("tls", tls.sha256, data=tls.archive, seconds=COPY_SECONDS)
            if installed.code != 0:
                return self._failed(installed, before)
        return self._change(before, "deployed", health_seconds + watch_seconds, "activate", release.version, health_seconds, watch_seconds, older)

    def _accepts(self, release):
        """Checks the signature with the keys of a host that cannot check it itself."""
        lines = []
        done = self._run("signers", on_line=lines.append)
        if done.code != 0:
            raise Unreached((done.errors or ["no answer"])[-1])
        accepted = "".join(f"\n{line}" if line.startswith(f"{signature.IDENTITY} ") else line for line in lines)
        if release.signature is None or not signature.verify(f"{accepted}\n".encode(), release.sums, release.signature):
            return False
        self.report("signature checked here: the host has no ssh-keygen")
        return True

    def compare(self, release):
        """What push would do. Changes nothing."""
        facts = self._facts()
        same = facts["version"] == release.version and facts["state"] == "serving"
        return Outcome(0, "unchanged" if same else "would be deployed", facts["version"], release.version)

    def roll_back(self, health_seconds, watch_seconds):
        return self._change(self._facts(), "rolled back", health_seconds + watch_seconds, "rollback", health_seconds, watch_seconds)

    def remove(self, keep_config):
        before = self._facts()
        removed = self._run("remove", "yes" if keep_config else "no")
        if removed.code != 0:
            return self._failed(removed, before)
        return Outcome(0, "removed", before["version"])

    def status(self):
        facts = self._facts()
        code = 0 if facts["state"] in ("serving", "absent") else 1
        result = facts["state"]
        if "package" in facts:
            result += f" (package {facts['package']})"
        elif facts.get("running", facts["version"]) not in ("", facts["version"]):
            result += f" (runs {facts['running']})"
        return Outcome(code, result, facts["previous"], facts["version"])

    def logs(self, lines, follow):
        most = None if follow else ANSWER_SECONDS
        words = ["logs", lines, *(["-f"] if follow else [])]
        done = self._run(*words, seconds=most, most_bytes=1 << 62 if follow else 2000 * lines + command.MOST_BYTES, on_line=self.report)
        return Outcome(0, "") if done.code == 0 else self._failed(done)

    def _change(self, before, word, health_seconds, *verb):
        try:
            # The service may be restarted twice, and the health checked twice.
            done = self._run(*verb, seconds=2 * (health_seconds + RESTART_SECONDS), on_line=self._step)
            if done.code == 0:
                unchanged = "unchanged" in self._steps
                return Outcome(0, "unchanged" if unchanged else word, before["version"], self._facts()["version"])
            if done.code != SSH_FAILED:
                return self._failed(done, before)
        except Unreached:
            pass
        # The activation continues on the host without the connection.
        return Outcome(LINK_LOST, "connection lost: run deploy status to see the result", before["version"])

    def _failed(self, done, before=None):
        reason = [*(done.errors or done.lines), f"exit code {done.code}"]
        text = done.errors[-1] if done.errors else reason[0]
        version = before["version"] if before else "-"
        if done.code == SSH_FAILED:
            return Outcome(1, text, version, reached=False)
        return Outcome(done.code if done.code in (3, 4) else 1, text, version, version if done.code == 3 else "-")

    def _facts(self):
        """The output of `status` of target.sh, as a dictionary. Raises Unreached."""
        lines = []
        done = self._run("status", on_line=lines.append)
        if done.code != 0:
            raise Unreached((done.errors or ["no answer"])[-1])
        facts = dict(line.split("=", 1) for line in lines if "=" in line)
        versions = [facts.get(key, "") for key in ("version", "previous")]
        if facts.get("state") not in STATES or not all(map(VERSION.fullmatch, versions)):
            raise Unreached("its answer is not that of a deployment" + (f": {lines[0]}" if lines else ""))
        return facts

    def _step(self, line):
        kind, _, text = line.partition(" ")
        if kind == "step":
            self._steps.append(text)
            self.report(text)
        elif kind == "log":
            self.report(f"log: {text}")

    def _run(self, *verb, data=b"", seconds=ANSWER_SECONDS, on_line=None, most_bytes=command.MOST_BYTES):
        self._steps = []
        words = [*self._become, "sh", "-c", READ_AND_RUN.format(len(self._script)), "deploy", *self._place, *map(str, verb)]
        try:
            return command.run([*self._ssh, shlex.join(words)], self._script + data, seconds, on_line or self._step, most_bytes)
        except (command.Broken, OSError) as error:
            raise Unreached(str(error)) from error


class Unreached(Exception):
    """ssh or the shell of the host failed; nothing was changed."""
