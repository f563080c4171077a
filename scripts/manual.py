"""Writes the manual pages and the completions of shells from what the programs print of themselves.

    manual.py BIN           BIN/mote-gateway and BIN/mote-device, both with TLS where there is TLS
    manual.py --check BIN   fails if a file differs from what would be written

The texts come from `mote-gateway --help` and `--print-config`, and from `mote-device --help`, so from the tables that the programs read
their flags with. Names of the product stand as @KEY@, which packaging replaces (deploy/product.py).
"""

import argparse
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "deploy/manual"
# The values of a flag, by its placeholder.
WORDS = {"LEVEL": "error warn info debug", "on|off": "on off", "VERSION": "1.2 1.3", "MODE": "reply reply-stream collect chat health"}


def printed(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True, env={}).stdout


def roff(text):
    """Text as roff reads it: every - is the one that is typed."""
    lines = (line.replace("\\", "\\e").replace("-", "\\-") for line in text.splitlines())
    return "\n".join(f"\\&{line}" if line[:1] in (".", "'") else line for line in lines)


def with_names(text):
    """The names of mote as names of any product."""
    return text.replace("mote\\-gateway", "@PROGRAM@").replace("mote-gateway", "@PROGRAM@").replace("MOTE_", "@ENVIRONMENT@").replace(":50051", ":@PORT@")


class Flag:
    def __init__(self, name, placeholder, text):
        self.name, self.placeholder, self.text = name, placeholder, text


def flags_of(text):
    """The flags of a --help, with what stands behind them."""
    found = []
    for names, rest in re.findall(r"^  (--[\w-]+(?:, --[\w-]+)*)( .*)?$", text, re.MULTILINE):
        placeholder, meaning = re.fullmatch(r"(?: (\S+))? +(\S.*)", rest).groups()
        if rest.startswith("  "):
            placeholder, meaning = None, rest.strip()
        found += [Flag(name, placeholder, meaning) for name in names.split(", ")]
    return found


class Setting:
    """A key of the configuration."""

    def __init__(self, key, text):
        self.key, self.text = key, text


def settings_of(text):
    """[(title, [Setting])] of a --print-config."""
    groups = []
    for block in re.split(r"\n\n+", text)[1:]:
        lines = block.splitlines()
        comment = " ".join(line.removeprefix("#").strip() for line in lines if line.startswith("# ")).strip()
        if len(lines) == 1 and comment.endswith(":"):
            groups.append((comment.removesuffix(":"), []))
            continue
        key = re.match(r"#?([\w-]+) = ", lines[-1]).group(1)
        # Sizes of this machine.
        comment = re.sub(r", here [^.]*(?:\.\d[^.]*)*\.(?= |$)", ".", comment)
        comment = re.sub(r" Automatic is \S+ here\.", "", comment)
        groups[-1][1].append(Setting(key, comment))
    return groups


def paragraphs(text):
    """The parts of the explanation of a key, each a line."""
    return re.sub(r" (Default: |The peer receives: |Memory: |Counter: |SIGHUP: )", r"\n\1", text).splitlines()


def gateway_page(help_text, groups):
    actions = [flag for flag in flags_of(help_text) if flag.name.removeprefix("--") not in keys_of(groups)]
    lines = [
        '.TH @PROGRAM_UPPER@ 8 "" "@NAME@" "System Administration"',
        ".SH NAME",
        "@PROGRAM@ \\- @DESCRIPTION@",
        ".SH SYNOPSIS",
        ".B @PROGRAM@",
        ".RB [ \\-\\-config",
        ".IR FILE ]",
        ".RB [ \\-\\-\\fIKEY\\fB",
        ".IR VALUE ]...",
        ".SH DESCRIPTION",
        "Serves gRPC clients in one thread, with memory that is fixed at start.",
        ".B \\-\\-help",
        "lists its services, among them grpc.health.v1.Health.",
        ".PP",
        "Each key of",
        ".BR @PROGRAM@.conf (5)",
        "is also a flag and an environment variable: max\\-streams is",
        ".B \\-\\-max\\-streams",
        "and",
        ".BR @ENVIRONMENT@MAX_STREAMS .",
        "The command line overrides the environment, the environment overrides the file.",
        ".SH OPTIONS",
    ]
    for flag in actions:
        lines += [".TP", option(flag), roff(sentence(flag.text))]
    for title, settings in groups:
        lines += [f".SS {roff(title)}", ".PP", ", ".join(f"\\fB{roff('--' + one.key)}\\fP" for one in settings) + "."]
    lines += GATEWAY_END.splitlines()
    return with_names("\n".join(lines) + "\n")


GATEWAY_END = """.SH FILES
.TP
.I @CONFIG@
The configuration of the service @UNIT_ROFF@.service.
.SH SIGNALS
.TP
.BR SIGTERM ", " SIGINT
Finishes the open calls, then exits. A second one ends it at once.
.TP
.B SIGHUP
Reads the configuration again. Times, budgets and the log level change immediately.
.TP
.B SIGUSR1
Logs the counters of the limits that were reached.
.SH EXIT STATUS
0 after SIGTERM; 2 if it cannot start, with a line that says why.
.SH SEE ALSO
.BR @PROGRAM@.conf (5)"""


def option(flag):
    return f".B {roff(flag.name)}" if flag.placeholder is None else f'.BR {roff(flag.name)} " \\fI{roff(flag.placeholder)}"'


def sentence(text):
    return text[0].upper() + text[1:] + "."


def keys_of(groups):
    return {setting.key for _, settings in groups for setting in settings}


def conf_page(groups):
    lines = [
        '.TH @PROGRAM_UPPER@.CONF 5 "" "@NAME@" "File Formats"',
        ".SH NAME",
        "@PROGRAM@.conf \\- configuration of @PROGRAM@",
        ".SH DESCRIPTION",
        "One \\(lqkey = value\\(rq on a line. A # begins a comment. Bytes may be written with KiB, MiB and GiB; times are plain numbers",
        "in the unit at the end of their key. A key that is a list may stand on several lines.",
        ".PP",
        ".B @PROGRAM@ \\-\\-print\\-config",
        "prints the values in force as such a file;",
        ".B \\-\\-check\\-config",
        "reports all errors of one. The keys of TLS exist in programs that are built with it.",
    ]
    for title, settings in groups:
        lines.append(f'.SH "{roff(title).upper()}"')
        for setting in settings:
            first, *rest = paragraphs(setting.text)
            lines += [".TP", f".B {roff(setting.key)}", roff(first)]
            for line in rest:
                lines += [".br", roff(line)]
    lines += [".SH FILES", ".I @CONFIG@", ".SH SEE ALSO", ".BR @PROGRAM@ (8)"]
    return with_names("\n".join(lines) + "\n")


def device_page(help_text):
    about, notes = re.split(r"(?:^  --.*\n)(?:^  .*\n)*", help_text, maxsplit=1, flags=re.MULTILINE)
    usage, *description = about.strip().split("\n\n")
    lines = [
        '.TH MOTE\\-DEVICE 1 "" "mote" "User Commands"',
        ".SH NAME",
        "mote\\-device \\- check and call gRPC servers",
        ".SH SYNOPSIS",
        *(f".B {roff(line.strip())}\n.br" for line in usage.removeprefix("Usage:").strip().splitlines()),
        ".SH DESCRIPTION",
        "\n.PP\n".join(roff(text) for text in description),
        ".SH OPTIONS",
    ]
    for flag in flags_of(help_text):
        lines += [".TP", option(flag), roff(sentence(flag.text))]
    notes = [*notes.strip().split("\n\n"), "The flags of TLS exist in programs that are built with it."]
    lines += [".SH NOTES", "\n.PP\n".join(roff(text) for text in notes)]
    return "\n".join(lines) + "\n"


def words_for(flag):
    """(kind, words) that complete the value of a flag."""
    if (flag.placeholder or "").startswith("FILE"):
        return "files", ""
    return ("words", WORDS[flag.placeholder]) if flag.placeholder in WORDS else ("none", "")


def bash(program, flags):
    function = f"_{program}"
    lines = [f"# bash completion of {program}", f"{function}() {{", "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}"]
    lines += ["  [[ $before == = ]] && before=${COMP_WORDS[COMP_CWORD-2]}", "  [[ $word == = ]] && word=", "  case $before in"]
    for flag in flags:
        kind, words = words_for(flag)
        if kind == "files":
            lines.append(f'    {flag.name}) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;')
        elif kind == "words":
            lines.append(f"    {flag.name}) mapfile -t COMPREPLY < <(compgen -W '{words}' -- \"$word\"); return ;;")
    plain = "|".join(flag.name for flag in flags if flag.placeholder and words_for(flag)[0] == "none")
    lines += [f"    {plain}) return ;;", "  esac", "  mapfile -t COMPREPLY < <(compgen -W '" + " ".join(flag.name for flag in flags) + "' -- \"$word\")"]
    return "\n".join([*lines, "}", f"complete -o filenames -F {function} {program}"]) + "\n"


def zsh(program, flags):
    def quoted(text):
        return re.sub(r"([\[\]:\\])", r"\\\1", text).replace("'", "'\\''")

    lines = [f"#compdef {program}", "_arguments \\"]
    for flag in flags:
        kind, words = words_for(flag)
        action = {"files": ":file:_files", "words": f":value:({words})", "none": f":{quoted(flag.placeholder or '')}: "}[kind]
        lines.append(f"  '*{flag.name}{'=' if flag.placeholder else ''}[{quoted(flag.text)}]{action if flag.placeholder else ''}' \\")
    return "\n".join(lines).removesuffix(" \\") + "\n"


def files(binaries):
    gateway_help, config = printed(binaries / "mote-gateway", "--help"), printed(binaries / "mote-gateway", "--print-config")
    device_help = printed(binaries / "mote-device", "--help")
    groups = settings_of(config)
    meanings = {setting.key: paragraphs(setting.text)[0] for _, settings in groups for setting in settings}
    gateway_flags, device_flags = flags_of(gateway_help), flags_of(device_help)
    for flag in gateway_flags:
        flag.text = meanings.get(flag.name.removeprefix("--"), flag.text).split(". ")[0].removesuffix(".")
    return {
        "gateway.8": gateway_page(gateway_help, groups),
        "gateway.conf.5": conf_page(groups),
        "mote-device.1": device_page(device_help),
        "gateway.bash": with_names(bash("mote-gateway", gateway_flags)),
        "gateway.zsh": with_names(zsh("mote-gateway", gateway_flags)),
        "mote-device.bash": bash("mote-device", device_flags),
        "mote-device.zsh": zsh("mote-device", device_flags),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("binaries", type=Path)
    arguments = parser.parse_args()
    differing = []
    for name, text in files(arguments.binaries.resolve()).items():
        path = FOLDER / name
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        differing.append(str(path.relative_to(ROOT)))
        if not arguments.check:
            path.write_text(text, encoding="utf-8")
    if arguments.check and differing:
        sys.exit(f"manual: {', '.join(differing)}: run scripts/manual.py {arguments.binaries}")


if __name__ == "__main__":
    main()
