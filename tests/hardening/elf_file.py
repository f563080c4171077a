"""Reads an ELF file: segments, dynamic entries, symbols and relocated addresses. Little-endian only."""

import struct
from dataclasses import dataclass
from pathlib import Path

X86_64, ARM, AARCH64 = 62, 40, 183
REL, EXEC, DYN = 1, 2, 3
PT_LOAD, PT_DYNAMIC, PT_INTERP, PT_GNU_STACK, PT_GNU_RELRO = 1, 2, 3, 0x6474E551, 0x6474E552
PF_X, PF_W, PF_R = 1, 2, 4
SHT_SYMTAB, SHT_DYNSYM = 2, 11
SHF_EXECINSTR = 4
STT_FUNC = 2
DT_NULL, DT_RELA, DT_RELASZ, DT_REL, DT_RELSZ, DT_TEXTREL, DT_FLAGS, DT_FLAGS_1 = 0, 7, 8, 17, 18, 22, 30, 0x6FFFFFFB
DF_TEXTREL, DF_BIND_NOW, DF_1_NOW, DF_1_PIE = 4, 8, 1, 0x08000000
# R_X86_64_RELATIVE, R_AARCH64_RELATIVE, R_ARM_RELATIVE.
RELATIVE = {X86_64: 8, AARCH64: 1027, ARM: 23}


@dataclass(frozen=True)
class Segment:
    kind: int
    flags: int
    offset: int
    address: int
    file_size: int
    size: int

    def holds(self, address):
        return self.address <= address < self.address + self.file_size


@dataclass(frozen=True)
class Section:
    kind: int
    flags: int
    address: int
    offset: int
    size: int
    link: int


@dataclass(frozen=True)
class Symbol:
    name: str
    address: int
    size: int
    is_function: bool
    is_defined: bool


class ElfFile:
    def __init__(self, path):
        self.bytes = Path(path).read_bytes()
        if self.bytes[:4] != b"\x7fELF":
            raise ValueError(f"{path} is not an ELF file")
        self._wide = self.bytes[4] == 2
        head = struct.unpack_from("<HHIQQQIHHHHHH" if self._wide else "<HHIIIIIHHHHHH", self.bytes, 16)
        self.kind, self.machine = head[:2]
        (segments_at, sections_at), (segment_size, segment_count, section_size, section_count) = head[4:6], head[8:12]
        self.segments = [self._segment(segments_at + i * segment_size) for i in range(segment_count)]
        self._sections = [self._section(sections_at + i * section_size) for i in range(section_count)]

    def _segment(self, at):
        if self._wide:
            kind, flags, offset, address, _, file_size, size = struct.unpack_from("<IIQQQQQ", self.bytes, at)
        else:
            kind, offset, address, _, file_size, size, flags = struct.unpack_from("<IIIIIII", self.bytes, at)
        return Segment(kind, flags, offset, address, file_size, size)

    def _section(self, at):
        return Section(*struct.unpack_from("<IIQQQQI" if self._wide else "<IIIIIII", self.bytes, at)[1:])

    def all(self, kind):
        return [segment for segment in self.segments if segment.kind == kind]

    def read(self, address, size):
        for segment in self.all(PT_LOAD):
            if segment.holds(address):
                at = segment.offset + address - segment.address
                return self.bytes[at : at + size]
        return b""

    def is_code(self, address):
        return any(section.flags & SHF_EXECINSTR and section.address <= address < section.address + section.size for section in self._sections)

    def dynamic(self):
        """The entries of the dynamic section, by tag."""
        form, entries = ("<qQ" if self._wide else "<iI"), {}
        for segment in self.all(PT_DYNAMIC):
            table = self.bytes[segment.offset : segment.offset + segment.file_size]
            for tag, value in struct.iter_unpack(form, table[: len(table) // struct.calcsize(form) * struct.calcsize(form)]):
                if tag == DT_NULL:
                    break
                entries[tag] = value
        return entries

    def symbols(self, kind=SHT_SYMTAB):
        """Empty if the file is stripped."""
        form, found = ("<IBBHQQ" if self._wide else "<IIIBBH"), []
        for table in self._sections:
            if table.kind != kind:
                continue
            names = self._sections[table.link].offset
            for fields in struct.iter_unpack(form, self.bytes[table.offset : table.offset + table.size]):
                name, info, section, address, length = (fields[i] for i in ((0, 1, 3, 4, 5) if self._wide else (0, 3, 5, 1, 2)))
                end = self.bytes.index(b"\0", names + name)
                text = self.bytes[names + name : end].decode()
                found.append(Symbol(text, address, length, info & 15 == STT_FUNC, section != 0))
        return found

    def relocated_addresses(self):
        """The addresses in this file that the program relocates at start: those of functions and of data."""
        entries, relative = self.dynamic(), RELATIVE[self.machine]
        if DT_RELA in entries:
            table = self.read(entries[DT_RELA], entries[DT_RELASZ])
            return [addend for _, info, addend in struct.iter_unpack("<QQq", table) if info & 0xFFFFFFFF == relative]
        table = self.read(entries[DT_REL], entries[DT_RELSZ])
        places = [place for place, info in struct.iter_unpack("<II", table) if info & 0xFF == relative]
        return [int.from_bytes(self.read(place, 4), "little") for place in places]
