"""Makes COUNT small changes to the source, one at a time, and reports those that no test detects.

    mutate.py [COUNT] [SEED] [FOLDER...] [--only NUMBERS]

The mutants are chosen at random from the sources of the folders. Each is built in a copy of the checkout (build/mutate). Then
the unit tests that link the changed file run, the likely ones first, and for the gateway, some tests over loopback. Of a mutant in
a header only those objects are compiled that these tests use. A mutant that does not compile, or that compiles to the same
programs, does not count. A mutant that survives shows a gap in the tests, or changes nothing that a test can detect; explained.txt
gives the reasons of those that are known. --only runs some of the mutants again, by their numbers in the output: --only 3,17,20-29.

Exit code: 0 if at least 95% of the mutants died and every survivor is explained, else 1.
"""

import argparse
import concurrent.futures
import hashlib
import json
import os
import random
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path

import explained
import mutators

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / "build" / "mutate"
TREE, BUILD = WORK / "tree", WORK / "build"
FOLDERS = (
    "src/bytes", "src/hpack", "src/http2", "src/grpc_http2", "src/engine/lean", "src/device", "src/codec", "src/rpc", "src/services",
)  # fmt: skip
# The folders of tests/unit whose tests may detect a change in FOLDERS.
TEST_ROOMS = ("bytes", "hpack", "http2", "grpc_http2", "codec", "device", "engine", "rpc", "services", "lean",
              "testing", "tls")  # fmt: skip
# Tests over loopback, each with the programs of ours that it runs.
LOOPBACK = {
    "e2e/device": ("mote-device", "mote-gateway"),
    "e2e/device_tls": ("mote-device", "tls_call", "mote-gateway"),
    "interop/compression": ("mote-interop-server",),
} | dict.fromkeys(
    ("e2e/service", "e2e/hostile", "conformance/http2/cases", "e2e/http", "e2e/metrics", "e2e/access", "e2e/tls", "e2e/shares",
     "e2e/tls_limits", "e2e/proxy_protocol", "e2e/web", "e2e/web_tls", "e2e/upload", "e2e/lifetime", "e2e/listen", "e2e/kernel_memory",
     "e2e/reflection", "e2e/tools", "conformance/lean/calls", "conformance/lean/status", "conformance/lean/metadata",
     "conformance/lean/deadline", "conformance/lean/request", "conformance/lean/framing", "conformance/lean/sizes",
     "conformance/lean/health", "conformance/lean/drain", "conformance/lean/clients", "conformance/tls/sizes"),
    ("mote-gateway",),
)  # fmt: skip
# The programs that they run besides: clients and servers of other makers, and what services of one's own are tested with.
OTHERS = ("e2e_cpp_server", "e2e_cpp_client", "interop_compression_client", "plant-gateway")
WANTED = 0.95
JOBS = os.cpu_count() or 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", nargs="?", type=int, default=100)
    parser.add_argument("seed", nargs="?", type=int, default=random.randrange(10**6))
    parser.add_argument("folders", nargs="*", default=list(FOLDERS))
    parser.add_argument("--only", type=numbers, metavar="NUMBERS")
    arguments = parser.parse_intermixed_args()

    copy_tree()
    texts = {str(path.relative_to(TREE)): path.read_text(encoding="utf-8") for path in sources(arguments.folders)}
    mutants = [mutant for file, text in texts.items() for mutant in mutators.mutants_of(file, text)]
    if not mutants:
        sys.exit("mutate: no mutants in " + " ".join(arguments.folders))
    print(f"seed {arguments.seed}: {arguments.count} of {len(mutants)} mutants of {len(texts)} files", flush=True)
    order = random.Random(arguments.seed)
    order.shuffle(mutants)
    # One file after the other, so that a build compiles nothing but the mutant.
    chosen = sorted(mutants[: arguments.count], key=lambda mutant: (mutant.file, mutant.start))

    bench = Bench()
    results = Counter()
    survivors = []
    known = explained.read()
    for number, mutant in enumerate(chosen, 1):
        if arguments.only and number not in arguments.only:
            continue
        began = time.monotonic()
        verdict, by = bench.judge(mutant, texts[mutant.file])
        results[verdict] += 1
        if verdict == "survived":
            survivors.append(mutant)
        where = f"{mutant.file}:{mutant.line(texts[mutant.file])}"
        print(f"[{number}/{len(chosen)}] {verdict} {by} {where}: {mutant.what} ({time.monotonic() - began:.0f} s)", flush=True)
        if verdict == "survived":
            print(describe(mutant, texts[mutant.file], known), flush=True)

    return report(arguments.seed, results, survivors, texts, known)


def report(seed, results, survivors, texts, known):
    unexplained = 0
    for mutant in survivors:
        text = texts[mutant.file]
        unexplained += (mutant.file, *mutant.diff(text)) not in known
        print(f"\nsurvived: {mutant.file}:{mutant.line(text)}: {describe(mutant, text, known)}")
    counted = results["killed"] + results["survived"]
    rate = results["killed"] / counted if counted else 0
    print(
        f"\nseed {seed}: {results['killed']} of {counted} mutants died ({rate:.1%}), {results['survived']} survived,"
        f" {unexplained} of them not explained; {results['same']} compile to the same programs, {results['broken']} do not compile"
    )
    return 0 if rate >= WANTED and unexplained == 0 else 1


def numbers(text):
    """The numbers of a list like 3,17,20-29."""
    found = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        found.update(range(int(first), int(last or first) + 1))
    return found


def describe(mutant, text, known):
    before, after = mutant.diff(text)
    return f"{known.get((mutant.file, before, after), 'not explained')}\n  - {before}\n  + {after}"


def sources(folders):
    for folder in folders:
        path = TREE / folder
        yield from sorted(path.rglob("*.h")) + sorted(path.rglob("*.cpp")) if path.is_dir() else [path]


def copy_tree():
    """Copies the files of the checkout. Equal files keep their time, so the build is incremental."""
    TREE.mkdir(parents=True, exist_ok=True)
    listed = subprocess.run(
        ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, stdout=subprocess.PIPE, check=True,
    )  # fmt: skip
    names = {name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file()}
    for name in names:
        source, target = ROOT / name, TREE / name
        if not target.is_file() or target.read_bytes() != source.read_bytes():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
    for target in list(TREE.rglob("*")):
        name = target.relative_to(TREE)
        if target.is_file() and str(name) not in names and name.parts[0] != "build":  # Where the build keeps what it fetches.
            target.unlink()


class Program:
    """A program of the build, linked from the objects that it uses and not from whole libraries, which would have to be compiled."""

    def __init__(self, target, libraries):
        self._path = BUILD / "bin" / target
        command = shlex.split(quiet(["ninja", "-C", str(BUILD), "-t", "commands", "-s", f"bin/{target}"]))
        command = [word for word in command if word not in (":", "&&")]
        trace = quiet(["env", "-C", str(BUILD), *command, "-Wl,--trace", "-Wl,--trace"])  # Twice: with the members of libraries.
        members = []
        for library, member in re.findall(r"^\(?([^()\n]+\.a)[()](.+?)\)?$", trace, re.MULTILINE):
            members += libraries.get(library, {}).get(member, [])
        own = [word for word in command if word.endswith(".o")]
        self.objects = [*own, *dict.fromkeys(members)]
        place = command.index(own[-1]) + 1
        rest = [word for word in command[place:] if word not in libraries]
        self._command = [*command[:place], *self.objects[len(own) :], *rest]
        if not self.link():
            sys.exit(f"mutate: cannot link {target} from its objects")
        self._original = digest(self._path)

    def link(self):
        """Whether it can be linked."""
        done = subprocess.run(self._command, cwd=BUILD, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        return done.returncode == 0

    def differs(self):
        return digest(self._path) != self._original


class Test:
    def __init__(self, name, targets, command, properties):
        self.name = name
        self.targets = targets
        self._command = command
        self._folder = properties.get("WORKING_DIRECTORY", str(BUILD))
        self._environment = dict(entry.split("=", 1) for entry in properties.get("ENVIRONMENT", []))
        self._environment["NODE_PATH"] = str(ROOT / "tests" / "e2e" / "node_modules")
        self._timeout = 600
        self.seconds = 0.0

    def run(self):
        """Whether it passed."""
        began = time.monotonic()
        process = subprocess.Popen(
            self._command, cwd=self._folder, env=os.environ | self._environment, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            return process.wait(self._timeout) in (0, 77)
        except subprocess.TimeoutExpired:
            return False
        finally:
            self.seconds = time.monotonic() - began
            # Also ends the processes that the test has started.
            try:
                os.killpg(process.pid, 9)
            except ProcessLookupError:
                pass
            process.wait()

    def note_baseline(self):
        self._timeout = 20 + 10 * self.seconds


class Bench:
    """The build of the copy, and its tests."""

    def __init__(self):
        configure()
        found = list(self._find_tests())
        missing = LOOPBACK.keys() - {test.name for test in found}
        if missing:
            sys.exit(f"mutate: no such tests: {', '.join(sorted(missing))}")
        self._tests = self._baseline(found)
        targets = sorted({target for test in self._tests for target in test.targets})
        libraries = libraries_of_build()
        with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
            self._programs = dict(zip(targets, pool.map(lambda target: Program(target, libraries), targets)))
        self._sources = sources_of_objects()
        self._inputs = inputs_of(targets, self._sources)
        self._objects = {name: digest(BUILD / name) for program in self._programs.values() for name in program.objects}
        self._kills = defaultdict(Counter)

    def judge(self, mutant, text):
        """killed, survived, broken or same, and the test that failed."""
        path = TREE / mutant.file
        path.write_text(mutant.apply(text), encoding="utf-8")
        try:
            return self._judge(mutant)
        finally:
            path.write_text(text, encoding="utf-8")

    def _judge(self, mutant):
        changed = False
        for batch in self._batches(mutant.file):
            programs = {target: self._programs[target] for test in batch for target in test.targets}
            if not build(sorted({name for program in programs.values() for name in program.objects})):
                return "broken", ""
            different = self._link(programs)
            if different is None:
                return "broken", ""
            changed = changed or bool(different)
            failed = first_failure([test for test in batch if not different.isdisjoint(test.targets)])
            if failed:
                self._kills[mutant.file][failed.name] += 1
                return "killed", f"by {failed.name}"
        linked = any(mutant.file in files for files in self._inputs.values())
        return ("survived", "") if changed or not linked else ("same", "")

    def _link(self, programs):
        """Links those with an object that changed. Returns the targets of those that differ then, or None after an error."""
        names = {name for program in programs.values() for name in program.objects}
        objects = {name for name in names if digest(BUILD / name) != self._objects[name]}
        changed = {target: program for target, program in programs.items() if not objects.isdisjoint(program.objects)}
        with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
            if not all(pool.map(Program.link, changed.values())):
                return None
        return {target for target, program in changed.items() if program.differs()}

    def _batches(self, file):
        """The tests that link the file, those that are likely to fail first, and of those the ones with the fewest objects."""
        tests = [test for test in self._tests if any(file in self._inputs[target] for target in test.targets)]
        stem, room = Path(file).stem, file.split("/")[-2]
        kills = self._kills[file]

        def rank(test):
            near = os.path.commonprefix([test.name.split("/")[-1], stem])
            # None: the file is a part of a program that writes source, if at all.
            objects = sum(file in self._sources[name] for target in test.targets for name in self._programs[target].objects)
            likely = f"/{room}/" not in test.name, -len(near), objects, test.seconds
            return -kills[test.name], objects == 0, test.name in LOOPBACK, *likely

        tests.sort(key=rank)
        for first, last in ((0, 2), (2, 6), (6, 16), (16, len(tests))):
            if tests[first:last]:
                yield tests[first:last]

    def _find_tests(self):
        listed = subprocess.run(
            ["ctest", "--test-dir", str(BUILD), "--show-only=json-v1"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True
        )
        for test in json.loads(listed.stdout)["tests"]:
            properties = {entry["name"]: entry["value"] for entry in test["properties"]}
            parts = test["name"].split("/")
            if test["name"] in LOOPBACK:
                yield Test(test["name"], LOOPBACK[test["name"]], test["command"], properties)
            elif parts[0] == "unit" and parts[1] in TEST_ROOMS and f"bin/{parts[-1]}_test" in " ".join(test.get("command", [])):
                yield Test(test["name"], (f"{parts[-1]}_test",), test["command"], properties)

    def _baseline(self, tests):
        """The tests that pass without a mutant. Measures how long they take."""
        with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
            passed = list(pool.map(Test.run, tests))
        for test, ok in zip(tests, passed):
            test.note_baseline()
            if not ok:
                print(f"mutate: {test.name} fails without a mutant and is left out", file=sys.stderr)
        return [test for test, ok in zip(tests, passed) if ok]


def configure():
    command = ["cmake", "-S", str(TREE), "-B", str(BUILD), "-G", "Ninja", "-DCMAKE_BUILD_TYPE=RelWithDebInfo"]
    command += [f"-DMOTE_{option}=ON" for option in ("TESTS", "TLS", "GZIP")]
    # A test should detect a mutant, not a warning. An access behind the end of an array ends the program, as in the sanitizer build.
    flags = "-O1 -g0 -DNDEBUG -w -D_GLIBCXX_ASSERTIONS"
    command += [f"-DCMAKE_{language}_FLAGS_RELWITHDEBINFO={flags}" for language in ("C", "CXX")]
    quiet(command)
    listed = quiet(["ninja", "-C", str(BUILD), "-t", "targets", "all"])
    tests = sorted(set(re.findall(r"^tests/unit/(\w+)/CMakeFiles/(\w+_test)\.dir/", listed, re.MULTILINE)))
    programs = sorted({program for of_test in LOOPBACK.values() for program in of_test})
    targets = [target for room, target in tests if room in TEST_ROOMS] + programs
    targets += [*OTHERS, "python_stubs", "reflection_stubs", "tls_test_certificates"]
    print(f"build {len(targets)} targets in {BUILD.relative_to(ROOT)}", flush=True)
    quiet(["ninja", "-C", str(BUILD), f"-j{JOBS}", *targets])


def quiet(command):
    ran = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if ran.returncode != 0:
        sys.exit(f"mutate: {' '.join(command[:4])} ... failed:\n{ran.stdout[-4000:]}")
    return ran.stdout


def build(targets):
    command = ["ninja", "-C", str(BUILD), f"-j{JOBS}", "--quiet", *targets]
    return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0


def digest(path):
    return hashlib.sha256(path.read_bytes()).digest()


def libraries_of_build():
    """For each static library of the build, its objects by the name that they have in it."""
    targets = quiet(["ninja", "-C", str(BUILD), "-t", "targets", "all"])
    names = re.findall(r"^(\S+\.a): \w+_STATIC_LIBRARY", targets, re.MULTILINE)
    found = {name: defaultdict(list) for name in names}
    for part in re.split(r"^(?=\S)", quiet(["ninja", "-C", str(BUILD), "-t", "query", *names]), flags=re.MULTILINE)[1:]:
        name, rest = part.split(":", 1)
        for path in re.findall(r"^ +(\S+\.o)$", rest.split("  outputs:")[0], re.MULTILINE):
            found[name][Path(path).name].append(path)
    return found


def sources_of_objects():
    """For each object, the files of the tree that it is compiled from, with headers."""
    found = defaultdict(set)
    current = ""
    for line in quiet(["ninja", "-C", str(BUILD), "-t", "deps"]).splitlines():
        if line.startswith(" "):
            # A compiler cache makes the paths relative to the build.
            path = os.path.normpath(BUILD / line.strip())
            if path.startswith(f"{TREE}/"):
                found[current].add(path.removeprefix(f"{TREE}/"))
        elif line:
            current = line.split(":")[0]
    return found


def inputs_of(targets, sources):
    """For each target, the files of the tree that it is built from, with those of programs that write source."""

    def inputs(target):
        names = quiet(["ninja", "-C", str(BUILD), "-t", "inputs", target]).splitlines()
        own = {name.removeprefix(f"{TREE}/") for name in names if name.startswith(f"{TREE}/")}
        return own.union(*(sources.get(name, ()) for name in names))

    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        return dict(zip(targets, pool.map(inputs, targets)))


def first_failure(tests):
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        running = {pool.submit(test.run): test for test in tests}
        for done in concurrent.futures.as_completed(running):
            if not done.result():
                for future in running:
                    future.cancel()
                return running[done]
    return None


if __name__ == "__main__":
    sys.exit(main())
