"""One host, reached over ssh. Each step is one ssh command that runs target.sh there."""

import contextlib
import shlex
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

TARGET = (Path(__file__).resolve().parent / "target.sh").read_bytes()
# How the host reads a script of this length and runs it. The script is sent on standard input before the data: some ssh servers limit the length of a command (dropbear: 9,000
# bytes). It is read byte by byte, so that no data is read with it. A truncated script does nothing, because its verbs are
# at the end.
READ_AND_RUN = 'eval "$(dd bs=1 count={} 2>/dev/null)"'
# The exit code of ssh itself; target.sh does not use it.
SSH_FAILED = 255
# The exit code of deploy for a host with an unknown result.
LINK_LOST = 5


@dataclass(frozen=True)
class Outcome:
    code: int
    result: str
    before: str = "-"
    now: str = "-"
    # Lines to print for the host unchanged.
    text: str = ""


class Host:
    def __init__(self, product, name, ssh, sudo, root, service):
        self._script = product.render(TARGET)
        self.name = name
        self._ssh = [*shlex.split(ssh), name]
        self._become = ["sudo", "-n"] if sudo else []
        self._place = [root.rstrip("/"), service]
        self.report = print

    def push(self, release, health_seconds, watch_seconds, listens):
        """`listens`: the configuration of the release has addresses that the user chose."""
        before = self._facts()
        if listens and before.get("configuration") == "present":
            self.report("keeps its gateway.conf: --listen has no effect")
        received = self._run("receive", release.version, release.sha256, data=release.archive)
        if received.returncode != 0:
            return self._failed(received, before)
        return self._change(before, "deployed", "activate", release.version, health_seconds, watch_seconds)

    def roll_back(self, health_seconds, watch_seconds):
        return self._change(self._facts(), "rolled back", "rollback", health_seconds, watch_seconds)

    def remove(self, keep_config):
        before = self._facts()
        removed = self._run("remove", "yes" if keep_config else "no")
        if removed.returncode != 0:
            return self._failed(removed, before)
        return Outcome(0, "removed", before["version"])

    def status(self):
        facts = self._facts()
        code = 0 if facts["state"] in ("serving", "absent") else 1
        return Outcome(code, facts["state"], facts["previous"], facts["version"])

    def logs(self, lines):
        logs = self._run("logs", lines)
        if logs.returncode != 0:
            return self._failed(logs)
        return Outcome(0, "", text=logs.stdout)

    def _change(self, before, word, *verb):
        done = self._run(*verb)
        if done.returncode not in (0, SSH_FAILED):
            return self._failed(done, before)
        with contextlib.suppress(Unreached):
            if done.returncode == 0:
                return Outcome(0, word, before["version"], self._facts()["version"])
        # The activation continues on the host without the connection.
        return Outcome(LINK_LOST, "connection lost: run deploy status to see the result", before["version"])

    def _failed(self, done, before=None):
        reason = (done.stderr or done.stdout).strip().splitlines() or [f"exit code {done.returncode}"]
        version = before["version"] if before else "-"
        code = 1 if done.returncode == SSH_FAILED else done.returncode
        return Outcome(code, reason[-1], version, version if code == 3 else "-")

    def _facts(self):
        """The output of `status` of target.sh, as a dictionary. Raises Unreached."""
        done = self._run("status")
        if done.returncode != 0:
            raise Unreached((done.stderr.strip().splitlines() or ["no answer"])[-1])
        return dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)

    def _run(self, *verb, data=b""):
        words = [*self._become, "sh", "-c", READ_AND_RUN.format(len(self._script)), "deploy", *self._place, *map(str, verb)]
        with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as errors:
            given.write(self._script + data)
            given.seek(0)
            process = subprocess.Popen(
                [*self._ssh, shlex.join(words)], stdin=given, stdout=subprocess.PIPE, stderr=errors, errors="replace"
            )
            lines = []
            for line in process.stdout:
                lines.append(line)
                if line.startswith("step "):
                    self.report(line.removeprefix("step ").rstrip())
            code = process.wait()
            errors.seek(0)
            return subprocess.CompletedProcess(verb, code, "".join(lines), errors.read().decode(errors="replace"))


class Unreached(Exception):
    """ssh or the shell of the host failed; nothing was changed."""
