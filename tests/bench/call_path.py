"""./dev bench --call-path: what a unary call costs in each room of the source, from the socket to the reply.

Functions are counted in a build without inlining, where each function of a source file is one in the program. Functions of headers do
not count there: without inlining, each access to a span is a call. Instructions are counted in the release build.
"""

import collections
import re
import subprocess
import sys

import figures_file
import instructions
from servers import BIN, ROOT

SCENARIO = next(scenario for scenario in instructions.SCENARIOS if scenario.name == "unary-one-at-a-time")
FOLDER = ROOT / "build" / "call-path"
FLAGS = "-O1 -g -fno-inline"
OPTIONS = {
    "CMAKE_BUILD_TYPE": "Debug",
    "CMAKE_C_FLAGS_DEBUG": FLAGS,
    "CMAKE_CXX_FLAGS_DEBUG": FLAGS,
    "MOTE_STATIC": "ON",
    "MOTE_TESTS": "OFF",
}
C_LIBRARY = ("mem", "_", "send", "recv", "epoll", "clock")

# Per call: how often a function is entered, and its instructions without those of the functions that it calls.
Cost = collections.namedtuple("Cost", "entered instructions")


def build():
    """Builds the gateway without inlining."""
    definitions = [f"-D{name}={value}" for name, value in OPTIONS.items()]
    for command in (["cmake", "-G", "Ninja", "-S", ROOT, "-B", FOLDER, *definitions], ["ninja", "-C", FOLDER, "mote-gateway"]):
        subprocess.run(list(map(str, command)), check=True, stdout=sys.stderr)
    return FOLDER / "bin" / "mote-gateway"


def measure(program):
    """The Cost of each function, by (file, name)."""
    (few, few_calls), (many, many_calls) = (
        instructions.record([program], SCENARIO, times, options=["--compress-strings=no"])
        for times in (SCENARIO.few, SCENARIO.many)
    )
    few, many, calls = parsed(few), parsed(many), many_calls - few_calls

    def cost(function):
        before, after = few.get(function, (0, 0)), many[function]
        return Cost(*((b - a) / calls for a, b in zip(before, after)))

    return {function: cost(function) for function in many}


def parsed(text):
    """(times entered, instructions) of each function in the file that callgrind wrote."""
    entered, spent, files = collections.Counter(), collections.Counter(), {}
    file = function = called = called_file = None
    call_follows = False
    for line in text.splitlines():
        key, _, value = line.partition("=")
        if key == "fl":
            file = value
        elif key == "fn":
            function, called_file = value, file
            files[function] = file
        elif key in ("cfi", "cfl"):
            called_file = value
        elif key == "cfn":
            called = value
            files.setdefault(called, called_file)
        elif key == "calls":
            entered[called] += int(value.split()[0])
            call_follows = True
        elif line[:1] in tuple("0123456789+-*"):
            # The line after "calls" has the cost of the called function.
            if not call_follows:
                spent[function] += int(line.split()[1])
            call_follows = False
    return {(files[name], name): (entered[name], spent[name]) for name in files}


def source(file):
    """The path of a file of mote from the root of the checkout; "" for others."""
    found = re.match(r".*/((?:src|include/mote)/.*)", file)
    return found[1] if found else ""


def room_of(function):
    """The folder of the function, or the library that it comes from."""
    file, name = function
    if source(file):
        return source(file).rpartition("/")[0]
    return "C library" if name.startswith(C_LIBRARY) else "nanopb"


def is_counted(function):
    return source(function[0]).startswith("src/") and function[0].endswith(".cpp")


def run():
    """Counts both, writes the section of docs/figures.json, and prints the functions."""
    path = {function: cost for function, cost in measure(build()).items() if is_counted(function)}
    release = measure(BIN / "mote-gateway")
    rooms = collections.defaultdict(lambda: [0.0, 0.0])
    for function, cost in path.items():
        rooms[room_of(function)][0] += cost.entered
    for function, cost in release.items():
        rooms[room_of(function)][1] += cost.instructions
    for (file, name), cost in sorted(path.items(), key=lambda item: -item[1].entered):
        if cost.entered > 0.5:
            print(f"{cost.entered:3.0f}  {source(file)}  {name}")
    total = [round(sum(costs)) for costs in zip(*rooms.values())]
    print(f"a unary call enters {total[0]} functions and takes {total[1]} instructions")
    by_instructions = sorted(rooms.items(), key=lambda item: -item[1][1])
    figures_file.write_section(
        "call_path",
        "./dev bench --call-path",
        {
            "functions": total[0],
            "instructions": total[1],
            "rooms": {room: [round(value) for value in costs] for room, costs in by_instructions if costs[1] >= 10},
        },
    )
