"""Runs apt for another architecture, another Debian release, or sources, separately from the packages, lists and caches of
the host.

The mirrors are those of the host's apt: its lines for a Debian release, component main. Lines of other repositories are
ignored.
"""

import re
import subprocess
import sys
from pathlib import Path

# The hooks of the host are for its own packages, so they are cleared.
OPTIONS = """\
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Pre-Invoke;
#clear DPkg::Post-Invoke;
#clear DPkg::Pre-Install-Pkgs;
APT::Install-Recommends "false";
APT::Sandbox::User "";
APT::Get::Assume-Yes "true";
Acquire::Languages "none";
Acquire::Retries "3";
Debug::NoLocking "true";
Dir::Etc::SourceParts "/dev/null";
Dir::Etc::Preferences "/dev/null";
Dir::Etc::PreferencesParts "/dev/null";
"""

ROLLING = ("sid", "experimental")


class AptError(Exception):
    pass


def release_name():
    """The Debian release of the host, such as "bookworm"."""
    match = re.search(r'^VERSION_CODENAME="?(\w+)', Path("/etc/os-release").read_text(encoding="utf-8"), re.MULTILINE)
    if not match:
        raise AptError("/etc/os-release has no VERSION_CODENAME: this needs Debian")
    return match.group(1)


def host_sources(release=None, etc=Path("/etc/apt")):
    """The mirrors of a Debian release, by default that of the host, each as (URI, suite, options of a sources.list line).

    Mirrors have all releases: if the host's apt has no line for this one, the lines of the host's release are used with the name of
    the suite replaced. sid and experimental have no updates but their own.
    """
    found = []
    for path in [etc / "sources.list", *sorted((etc / "sources.list.d").glob("*"))]:
        if not path.is_file():
            continue
        if path.suffix == ".sources":
            found += _deb822_sources(path.read_text(encoding="utf-8"))
        elif path.suffix == ".list":
            found += _one_line_sources(path.read_text(encoding="utf-8"))
    own = release_name()
    release = release or own
    suites = (own,) if release in ROLLING else _suites(own)
    kept = _lines_for(_suites(release), found) or [
        (uri, suite.replace(own, release, 1), options) for uri, suite, options in _lines_for(suites, found)
    ]
    if not kept:
        raise AptError(f"no line for {release} main, nor for {own} main, in the sources of the host's apt ({etc})")
    return list(dict.fromkeys(kept))


def _suites(release):
    return release, f"{release}-updates", f"{release}-security", f"{release}/updates"


def _lines_for(suites, found):
    return [(uri, suite, options) for uri, suite, components, options in found if suite in suites and "main" in components]


def _deb822_sources(text):
    for stanza in re.split(r"\n\s*\n", re.sub(r"^#.*\n?", "", text, flags=re.MULTILINE)):
        fields = {key.lower(): value for key, value in re.findall(r"^([\w-]+):\s*(.*(?:\n[ \t].*)*)", stanza, re.MULTILINE)}
        if fields.get("enabled", "yes").strip().lower() in ("no", "false") or "deb" not in fields.get("types", "").split():
            continue
        signer = fields.get("signed-by", "").strip()
        options = f"[signed-by={signer}]" if signer.startswith("/") and "\n" not in signer else ""
        for uri in fields.get("uris", "").split():
            for suite in fields.get("suites", "").split():
                yield uri, suite, fields.get("components", "").split(), options


def _one_line_sources(text):
    for line in text.splitlines():
        match = re.match(r"\s*deb\s+(?:\[(.*?)\]\s+)?(\S+)\s+(\S+)\s+([^#]+)", line)
        if not match:
            continue
        signer = re.search(r"signed-by=\S+", match[1] or "")
        yield match[2], match[3], match[4].split(), f"[{signer[0]}]" if signer else ""


class IsolatedApt:
    """apt-get with its own state, lists and cache in `folder`, for packages of a release and `architecture`, or for source
    packages."""

    def __init__(self, folder, release, architecture, components="main"):
        self._folder = folder
        self._release = release
        self._architecture = architecture
        self._components = components
        self.archives = folder / "archives"

    def update(self):
        for part in ("lists/partial", "archives/partial"):
            (self._folder / part).mkdir(parents=True, exist_ok=True)
        (self._folder / "status").write_text("")
        kinds = ("deb-src",) if self._architecture == "source" else ("deb",)
        sources = host_sources(self._release)
        lines = [f"{kind} {options} {uri} {suite} {self._components}\n" for kind in kinds for uri, suite, options in sources]
        (self._folder / "sources.list").write_text("".join(lines))
        (self._folder / "apt.conf").write_text(self._configuration())
        if self.run("update").returncode != 0:
            # An index that does not match its signature, during an update of a mirror, may be irrelevant.
            print(f"fetch: apt-get update reported errors (see {self.log}); continuing", file=sys.stderr)

    @property
    def log(self):
        return self._folder / "apt.log"

    def run(self, *arguments, folder=None):
        with self.log.open("a") as log:
            print("$ apt-get", *arguments, file=log, flush=True)
            command = ["apt-get", "-c", str(self._folder / "apt.conf"), *arguments]
            return subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=False)

    def must(self, *arguments, folder=None):
        if self.run(*arguments, folder=folder).returncode != 0:
            end = "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])
            raise AptError(f"apt-get {' '.join(arguments)} failed (the whole log is {self.log}):\n{end}")

    def download(self, packages, with_dependencies):
        """Returns the names of the files in archives/."""
        # With an empty status, "install" means these packages with all dependencies.
        request = ["install", "--download-only"] if with_dependencies else ["download"]
        self.must(*request, *packages, folder=self.archives)
        # Without cached archives it lists all of them.
        away = ["-o", f"Dir::Cache::Archives={self._folder}"]
        command = ["apt-get", "-c", str(self._folder / "apt.conf"), "-qq", *away, *request, "--print-uris", *packages]
        uris = subprocess.run(command, cwd=self._folder, check=True, capture_output=True, text=True).stdout
        return re.findall(r"^'\S+' (\S+\.deb) ", uris, re.MULTILINE)

    def described(self, package):
        """The fields of the newest version in the index of the archive."""
        command = ["apt-cache", "-c", str(self._folder / "apt.conf"), "show", "--no-all-versions", package]
        shown = subprocess.run(command, check=False, capture_output=True, text=True)
        if shown.returncode != 0:
            raise AptError(f"apt-cache show {package} failed: {shown.stderr.strip()}")
        return dict(re.findall(r"^([\w-]+): (.*)$", shown.stdout, re.MULTILINE))

    def with_epoch(self, source, version):
        """The version of a source package with its epoch, which names of files do not have."""
        command = ["apt-cache", "-c", str(self._folder / "apt.conf"), "showsrc", "--only-source", source]
        shown = subprocess.run(command, check=False, capture_output=True, text=True).stdout
        return next((found for found in re.findall(r"^Version: (\d+:\S+)$", shown, re.MULTILINE) if found.partition(":")[2] == version), version)

    def _configuration(self):
        paths = {
            "Dir::State": self._folder,
            "Dir::State::Lists": self._folder / "lists",
            "Dir::State::Status": self._folder / "status",
            "Dir::Cache": self._folder,
            "Dir::Cache::Archives": self.archives,
            "Dir::Etc::SourceList": self._folder / "sources.list",
        }
        text = OPTIONS + "".join(f'{key} "{path}";\n' for key, path in paths.items())
        if self._architecture != "source":
            text += f'#clear APT::Architectures;\nAPT::Architecture "{self._architecture}";\n'
            text += f'APT::Architectures {{ "{self._architecture}"; }};\n'
        return text


if __name__ == "__main__":
    # The lines of a sources.list for a release.
    try:
        print(*(f"deb {options} {uri} {suite} main" for uri, suite, options in host_sources(sys.argv[1])), sep="\n")
    except AptError as error:
        sys.exit(f"isolated_apt: {error}")
