"""Checks that a library runs on bare metal: it needs only a short list of functions.

    freestanding.py compile --out FOLDER --cxx arm-none-eabi-g++ [--flag FLAG]... SOURCE...
    freestanding.py link [--prefix arm-none-eabi-] OBJECT_OR_ARCHIVE...

compile compiles each source as for a Cortex-M3 image, and prints the sizes. link joins the objects into one and reads its
undefined symbols: it refuses those that ALLOWED does not match (malloc, operator new, exceptions, clocks, files, guards of
local statics), and also constructors before main and global variables.
"""

import argparse
import concurrent.futures
import re
import subprocess
import sys
import tempfile
from pathlib import Path

CPU = ["-mcpu=cortex-m3", "-mthumb", "-Os"]
CXX = ["-std=c++20", "-fno-exceptions", "-fno-rtti", "-fno-threadsafe-statics"]
C = ["-std=c11"]
COMMON = ["-Wall", "-Wextra", "-Werror", "-ffunction-sections", "-fdata-sections"]

ALLOWED = re.compile(
    r"mem(cpy|move|set|cmp|chr)|strlen"
    # nanopb's encoder and its walk over a description, which keep to the same rules. Its decoder is not used: src/codec has its own.
    r"|pb_(default_field_callback|encode(_\w+)?|field_iter_\w+|ostream_from_buffer|write)"
    # Integer arithmetic and block moves of the compiler runtime. Floating point is excluded on purpose.
    r"|__aeabi_(mem(cpy|move|set|clr)[48]?|u?l?divmod|u?idiv|lmul|ll?s[lr]|lasr|u?lcmp)"
    r"|__gnu_thumb1_\w+"
    r"|__cxa_pure_virtual"  # the slot of an abstract interface, never called
    r"|_GLOBAL_OFFSET_TABLE_|__stack_chk_fail"  # position-independent and hardened builds on the host
)
REFUSED_SECTIONS = re.compile(r"\.(init_array|ctors|preinit_array|data|bss|tdata|tbss)(?!\.rel\.ro)(\.|$)")


def run(command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def compile_one(cxx, source, out, flags):
    target = out / f"{source.parent.name}-{source.name}.o"
    language = C if source.suffix == ".c" else CXX
    compiler = re.sub(r"g\+\+$", "gcc", cxx) if source.suffix == ".c" else cxx
    command = [compiler, *CPU, *language, *COMMON, *flags, "-c", str(source), "-o", str(target)]
    result = subprocess.run(command, check=False, capture_output=True, text=True)
    return target, result.returncode, result.stderr


def compile_all(arguments):
    arguments.out.mkdir(parents=True, exist_ok=True)
    for stale in arguments.out.glob("*.o"):
        stale.unlink()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        results = list(
            pool.map(lambda s: compile_one(arguments.cxx, s, arguments.out, arguments.flag), arguments.sources)
        )
    for _, code, errors in results:
        if code != 0:
            print(errors)
    if any(code != 0 for _, code, _ in results):
        return 1
    size = re.sub(r"g\+\+$", "size", arguments.cxx)
    print(run([size, "--totals", *(str(target) for target, _, _ in results)]))
    return 0


def undefined_symbols(prefix, file):
    """The undefined symbols of a file, each with the objects that need it."""
    symbols = {}
    command = [f"{prefix}nm", "--undefined-only", "--print-file-name", "--format=posix", str(file)]
    for line in run(command).splitlines():
        place, _, symbol = line.rpartition(": ")
        symbols.setdefault(symbol.split()[0], set()).add(re.split(r"[/\[]", place)[-1].rstrip("]"))
    return symbols


def filled_sections(prefix, joined):
    """The sizes of non-empty sections, by name."""
    sections = {}
    for line in run([f"{prefix}size", "--format=sysv", str(joined)]).splitlines():
        fields = line.split()
        if len(fields) == 3 and fields[0].startswith(".") and int(fields[1]) > 0:
            sections[fields[0]] = int(fields[1])
    return sections


def check_link(arguments):
    with tempfile.TemporaryDirectory() as folder:
        joined = Path(folder) / "joined.o"
        inputs = [str(path) for path in arguments.objects]
        run([f"{arguments.prefix}ld", "-r", "--whole-archive", *inputs, "-o", str(joined)])
        undefined = sorted(undefined_symbols(arguments.prefix, joined))
        sections = filled_sections(arguments.prefix, joined)
    askers = {}
    for path in arguments.objects:
        for symbol, objects in undefined_symbols(arguments.prefix, path).items():
            askers.setdefault(symbol, set()).update(objects)
    refused = [symbol for symbol in undefined if not ALLOWED.fullmatch(symbol)]
    for symbol in refused:
        readable = run([f"{arguments.prefix}c++filt", symbol]).strip()
        print(f"refused: {symbol} ({readable}), needed by {' '.join(sorted(askers.get(symbol, {'?'})))}")
    own = sorted(section for section in sections if REFUSED_SECTIONS.match(section))
    for section in own:
        print(f"refused: {sections[section]} bytes in {section}: variables or constructors of its own")
    print(f"{len(arguments.objects)} inputs need: {' '.join(undefined) or 'nothing'}")
    return 1 if refused or own else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", required=True)
    compiling = verbs.add_parser("compile")
    compiling.add_argument("--out", type=Path, required=True)
    compiling.add_argument("--cxx", default="arm-none-eabi-g++")
    compiling.add_argument("--flag", action="append", default=[])
    compiling.add_argument("sources", type=Path, nargs="+")
    linking = verbs.add_parser("link")
    linking.add_argument("--prefix", default="")
    linking.add_argument("objects", type=Path, nargs="+")
    arguments = parser.parse_args()
    return compile_all(arguments) if arguments.verb == "compile" else check_link(arguments)


if __name__ == "__main__":
    sys.exit(main())
