"""The most bytes of stack that a firmware image can use, from its call graph.

    stack_bound.py IMAGE.elf [--path]

The frames are the compiler's (-fcallgraph-info=su, which makes the linker write IMAGE.elf.*.ci) or what the code pushes, the
larger of both. The calls are those of the machine code; a tail call releases the caller's frame first. INDIRECT names what a
call through a pointer can reach, and RECURSIVE the functions that are active once for each level of the messages: another
pointer or recursion is an error. One interrupt comes on top, because all have the same priority. --path prints the deepest path.
"""

import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

RESET = "mote_reset"
# ARMv7-M B1.5.6: eight words, and one to align them.
EXCEPTION_BYTES = 36
INTERRUPTS = r"mote_on_tick|mote::(uart|lan9118)::\(anonymous namespace\)::on_(receive|transmit|frame)\("

PORT = r"mote::(uart|network|tls_port)::\(anonymous namespace\)::"
# Below TLS.
LINK = r"mote::network::\(anonymous namespace\)::(connect|disconnect|write|read|now)\(|mote::board::\(anonymous namespace\)::entropy\("
LAYER = r"mote::tls_port::TlsLayer::"
SELFTEST = r"mote::selftest::\(anonymous namespace\)::"
STREAM = r"mote::network::TcpStream::"
# No message of an image has another callback (cmake/nanopb_oneofs.py and the .options files).
FIELD_CALLBACK = r"mote_bytes_callback$"
# Expressions for the beginnings of demangled names: a caller, and what its pointers can reach.
INDIRECT = (
    # The port (mote/port.h), metadata, and the steps of the self-test.
    (r"mote::device::Client::now\(", PORT + r"now(_ms)?\("),
    (r"mote::device::Client::lose\(", PORT + r"disconnect\("),
    (r"mote::device::Client::flush\(", PORT + r"write(_bytes)?\("),
    (r"mote::device::Client::turn\(", PORT + r"read(_bytes)?\("),
    (r"mote::device::Client::(begin|make_connection)\(", PORT + r"connect\("),
    (r"mote::device::Client::on_event\(", SELFTEST + r"see_metadata\("),
    (SELFTEST + r"run_all\(", SELFTEST + r"\w+\(mote::device::Client&\)"),
    # Messages.
    (r"mote::codec::.*write_to_sink\(", r"mote::device::.*ClientSink::write\("),
    (r"mote::codec::.*Decoder::message\(", FIELD_CALLBACK),
    (r"pb_encode$", FIELD_CALLBACK),
    (r"pb_write$", r"mote::codec::.*write_to_sink\("),
    (r"pb_default_field_callback$", None),
    # lwIP: timers, the network interface, and what network.cpp gives its connection. Nothing listens.
    (r"lwip_cyclic_timer$", r"(tcp|etharp)_tmr$"),
    (r"ip4_output_if$", r"etharp_output$"),
    (r"ethernet_output$", r"mote::network::\(anonymous namespace\)::send\("),
    (r"mote::network::run\(", r"(ethernet_input|lwip_cyclic_timer|tcpip_tcp_timer)$"),
    (r"tcp_(abandon|input_delayed_close|slowtmr)$", STREAM + r"on_error\("),
    (r"tcp_process_refused_data$", f"{STREAM}on_received\\(|tcp_recv_null$"),
    (r"tcp_process$", STREAM + r"on_connected\("),
    (r"tcp_input", f"{STREAM}on_(received|error)\\(|tcp_recv_null$"),
    (r"tcp_listen_input$", None),
    # TLS: the port below, and what mbedTLS calls for the only suite, curve and hash of an image. There is no timer.
    (LAYER + r"use_certificates\(", r"eckey_\w+$"),
    (r"mote::tls_port::", LINK),
    (r"mbedtls_ssl_fetch_input$", LAYER + r"receive\("),
    (r"mbedtls_ssl_flush_output$", LAYER + r"send\("),
    (r"mbedtls_ctr_drbg_reseed_internal", LAYER + r"fill_entropy\("),
    (r"mbedtls_ssl_set_timer$", None),
    (r"mbedtls_platform_zeroize", r"memset$"),
    (r"mbedtls_cipher_update", r"aes_crypt_ecb_wrap$"),
    (r"mbedtls_cipher_setkey$", r"(aes|gcm)_\w*setkey\w*$"),
    (r"mbedtls_cipher_(setup|free)$", r"(aes|gcm)_ctx_(alloc|free)$"),
    (r"mbedtls_pk_", r"(eckey|ecdsa|eckeydh)_\w+$"),
    (r"mbedtls_mpi_mul_mod$", r"ecp_mod_p256$"),
    (r"mbedtls_mpi_core_random$", r"mbedtls_ctr_drbg_random$"),
    (r"ssl_write_certificate_verify$", r"ssl_calc_verify_tls_sha256$|ecdsa_sign_wrap$|mbedtls_ctr_drbg_random$"),
    (r"mbedtls_ssl_read_record|mbedtls_ssl_write_handshake_msg_ext$", r"ssl_update_checksum_\w+$"),
    (r"mbedtls_ssl_write_client_hello$", r"mbedtls_ctr_drbg_random$|ssl_update_checksum_\w+$"),
    (r"mbedtls_ssl_derive_keys$", r"ssl_calc_verify_tls_sha256$|tls_prf_sha256$"),
    (r"ssl_calc_finished_tls_sha256$|ssl_tls12_populate_transform$", r"tls_prf_sha256$"),
    (r"mbedtls_ssl_handshake_client_step$", r"ssl_(calc_finished|calc_verify|update_checksum)_\w+$|tls_prf_sha256$|mbedtls_ctr_drbg_random$"),
    (r"x509_crt_verify_restartable_ca_cb", None),
)
# A cipher of GCM contains one of AES.
RECURSIVE = r"(mbedtls_)?(cipher|gcm|aes)_|mote::codec::.*Decoder::|mote::codec::clear|pb_encode|pb_check_proto3_default_value"


class Graph:
    """The functions of an image, by demangled name: frames, calls and tail calls."""

    def __init__(self, image):
        self.frames = defaultdict(int)
        self.calls = defaultdict(set)
        self.tails = defaultdict(set)
        self.pointers = defaultdict(set)
        self._read_code(image)
        paths = list(image.parent.glob(f"{image.name}.*.ci"))
        if not paths:
            raise ValueError(f"{image}.*.ci is missing: link with -fcallgraph-info=su")
        for path in paths:
            self._read_frames(path)

    def reached(self, function, kind):
        """What the function calls (kind "call"), jumps to at its end ("tail"), or both ("any"). Raises ValueError for a pointer that
        INDIRECT does not know."""
        kinds = ("call", "tail") if kind == "any" else (kind,)
        found = set()
        for one in kinds:
            found |= (self.calls if one == "call" else self.tails)[function]
            if one in self.pointers[function]:
                found |= self._behind_pointers(function)
        return sorted(found)

    def _behind_pointers(self, function):
        for caller, targets in INDIRECT:
            if not re.match(caller, function):
                continue
            found = {name for name in self.frames if targets and re.match(targets, name)}
            if targets and not found:
                raise ValueError(f"{function}: no function matches {targets}")
            return found
        raise ValueError(f"{function} calls through a pointer: INDIRECT does not say what")

    def _read_code(self, image):
        listing = MOVED.sub("", _run("arm-none-eabi-objdump", "-d", "-C", "--no-show-raw-insn", str(image)))
        function = None
        for line in listing.splitlines():
            if begins := re.match(r"[0-9a-f]+ <(.+)>:$", line):
                function = begins[1]
                self.frames[function] += 0
            elif function and (parts := re.match(r" *[0-9a-f]+:\t(\S+)(?:\t(.*))?$", line)):
                self._read_instruction(function, parts[1], parts[2] or "")

    def _read_instruction(self, function, name, operands):
        operands = operands.split("@")[0].strip()
        if target := re.match(r"[0-9a-f]+ <(.+?)(\+0x[0-9a-f]+)?>$", operands):
            if name in ("bl", "bl.w"):
                self.calls[function].add(target[1])
            elif name.startswith("b") and target[1] != function:
                self.tails[function].add(target[1])
        elif name == "blx":
            self.pointers[function].add("call")
        elif name == "bx" and operands != "lr":
            self.pointers[function].add("tail")
        elif re.match(r"push|stmdb\s", name + " ") and (name.startswith("push") or operands.startswith("sp!")):
            self.frames[function] += 4 * _registers(operands)
        elif re.match(r"sub(w|\.w)?$", name) and (size := re.match(r"sp,(?: sp,)? #(\d+)$", operands)):
            self.frames[function] += int(size[1])
        elif name.startswith("str") and (size := re.search(r"\[sp, #-(\d+)\]!$", operands)):
            self.frames[function] += int(size[1])

    def _read_frames(self, path):
        text = path.read_text(encoding="utf-8")
        sizes = re.findall(r'^node: \{ title: "(?:[^"]*:)?([^":]+)" label: "[^"]*\\n(\d+) bytes \((\w+)\)', text, re.MULTILINE)
        names = MOVED.sub("", _run("arm-none-eabi-c++filt", *(name for name, _, _ in sizes))).splitlines()
        for (_, size, kind), name in zip(sizes, names):
            if kind != "static":
                raise ValueError(f"{name}: the size of its frame is {kind}")
            self.frames[name] = max(self.frames[name], int(size))


# Of the linker, for a function that it moved to another unit.
MOVED = re.compile(r" \[clone \.lto_priv\.\d+\]|\.lto_priv\.\d+")


def _run(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


def _registers(operands):
    """The number of registers in a list such as "{r3, r4-r7, lr}"."""
    count = 0
    for part in re.search(r"\{(.*)\}", operands)[1].split(","):
        first, _, last = part.strip().partition("-")
        count += int(last[1:]) - int(first[1:]) + 1 if last else 1
    return count


class Bound:
    """The deepest path from a function, in bytes."""

    def __init__(self, graph, levels):
        self._graph = graph
        self._levels = levels
        self._known = {}
        self._active = defaultdict(int)

    def of(self, function):
        """The bytes of the deepest path, and the path itself: pairs of a function and its frame."""
        if function in self._known:
            return self._known[function]
        if self._active[function] > 0 and not re.match(RECURSIVE, function):
            raise ValueError(f"{function} is recursive: RECURSIVE does not name it")
        if self._active[function] >= self._levels:
            return 0, ()
        self._active[function] += 1
        frame = self._graph.frames[function]
        best = frame, ((function, frame),)
        for callee in self._graph.reached(function, "call"):
            size, path = self.of(callee)
            best = max(best, (frame + size, ((function, frame), *path)), key=lambda found: found[0])
        for callee in self._graph.reached(function, "tail"):
            size, path = self.of(callee)
            best = max(best, (size, ((function, 0), *path)), key=lambda found: found[0])
        self._active[function] -= 1
        if not self._in_recursion(function):
            self._known[function] = best
        return best

    def _in_recursion(self, function):
        """Whether the function can reach itself: then its depth depends on who is active."""
        seen, open_ = set(), [function]
        while open_:
            for callee in self._graph.reached(open_.pop(), "any"):
                if callee == function:
                    return True
                if callee not in seen:
                    seen.add(callee)
                    open_.append(callee)
        return False


def levels_of(headers):
    """How many messages can be active at once, one inside the other, of those in the generated headers."""
    inside = defaultdict(set)
    names = set()
    for header in headers:
        names |= set(re.findall(r"^#define (\w+)_FIELDLIST\(", header, re.MULTILINE))
        for field, message in re.findall(r"^#define (\w+)_MSGTYPE (\w+)$", header, re.MULTILINE):
            inside[field].add(message)

    def depth(message):
        parts = {part for field, found in inside.items() if field.startswith(f"{message}_") for part in found}
        return 1 + max(map(depth, parts), default=0)

    return max(map(depth, names), default=1)


def bound(image):
    """The bytes, and the deepest path. Raises ValueError where the graph is not known."""
    image = Path(image)
    graph = Graph(image)
    headers = [path.read_text(encoding="utf-8") for path in (image.parent.parent / "generated").glob("*.pb.h")]
    deepest = Bound(graph, levels_of(headers))
    size, path = deepest.of(RESET)
    handlers = [function for function in graph.frames if re.match(INTERRUPTS, function)]
    interrupt, handler = max((deepest.of(function) for function in handlers), key=lambda found: found[0])
    return size + EXCEPTION_BYTES + interrupt, (*path, ("an interrupt", EXCEPTION_BYTES), *handler)


def main():
    size, path = bound(sys.argv[1])
    if "--path" in sys.argv[2:]:
        for function, frame in path:
            print(f"{frame:5} {function}")
    print(f"{size} bytes of stack at most")


if __name__ == "__main__":
    sys.exit(main())
