"""Tests cmake/nanopb_kinds.py with nanopb's pb.h, which MOTE_TEST_PB_H names."""

import os
import re
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "cmake"))
from nanopb_kinds import Kinds  # noqa: E402

PB_H = Path(os.environ["MOTE_TEST_PB_H"]).read_text(encoding="utf-8")

# All kinds in nanopb 0.4.
ALL = {
    "A": {"STATIC", "POINTER", "CALLBACK"},
    "H": {"REQUIRED", "OPTIONAL", "SINGULAR", "REPEATED", "FIXARRAY", "ONEOF"},
    "L": {"BOOL", "VARINT", "UVARINT", "SVARINT", "FIXED32", "FIXED64", "BYTES", "STRING", "SUBMESSAGE", "SUBMSG_W_CB",
          "EXTENSION", "FIXED_LENGTH_BYTES"},
}  # fmt: skip


def name_in(field):
    return "(value,name,value.name)" if "ONEOF" in field else "name"


def header_of(*fields, callback="NULL"):
    """The output of nanopb's generator for a message."""
    lines = [f"X(a, {field},   {name_in(field)},  {tag})" for tag, field in enumerate(fields, 1)]
    return "\n".join(["#define m_FIELDLIST(X, a) \\", " \\\n".join(lines), f"#define m_CALLBACK {callback}", "#define m_DEFAULT NULL", ""])


def left_out(*fields, **options):
    """The kinds that are excluded if messages have these fields."""
    kinds = Kinds(PB_H)
    kinds.take(header_of(*fields, **options))
    found = {letter: set() for letter in "AHL"}
    for letter, name in re.findall(r"^#undef PB_([AHL])TYPE_(\w+)$", kinds.header(), re.MULTILINE):
        found[letter].add(name)
    return found


class Left(unittest.TestCase):
    def test_numbers(self):
        found = left_out("STATIC,   SINGULAR, UINT32", "STATIC,   SINGULAR, BOOL")
        self.assertEqual(found["L"], ALL["L"] - {"UVARINT", "BOOL"})
        self.assertEqual(found["A"], {"POINTER", "CALLBACK"})

    def test_names_that_share_a_number_stay_together(self):
        self.assertEqual(left_out("STATIC,   OPTIONAL, FLOAT")["H"], {"REQUIRED", "REPEATED", "FIXARRAY", "ONEOF"})
        self.assertEqual(left_out("STATIC,   FIXARRAY, SINT64")["H"], {"REQUIRED", "OPTIONAL", "SINGULAR", "ONEOF"})

    def test_fields_of_callbacks_count(self):
        # A callback needs nanopb to write the tag: pb_encode_tag_for_field().
        found = left_out("CALLBACK, REPEATED, STRING", "CALLBACK, REPEATED, MESSAGE")
        self.assertEqual(found["L"], ALL["L"] - {"STRING", "SUBMESSAGE"})

    def test_callbacks_of_the_codec_do_not_count(self):
        for callback in ("mote_bytes_callback", "mote_optional_callback", "mote_field_callback"):
            found = left_out("CALLBACK, REPEATED, STRING", "CALLBACK, REPEATED, MESSAGE", callback=callback)
            self.assertEqual(found["L"], ALL["L"] - {"SUBMESSAGE"})
        found = left_out("STATIC,   SINGULAR, STRING", callback="mote_bytes_callback")
        self.assertEqual(found["L"], ALL["L"] - {"STRING"})

    def test_every_message_counts(self):
        kinds = Kinds(PB_H)
        kinds.take(header_of("STATIC,   SINGULAR, BOOL") + header_of("STATIC,   SINGULAR, UINT64").replace("m_", "n_"))
        for name in ("BOOL", "UVARINT"):
            self.assertNotIn(f"#undef PB_LTYPE_{name}\n", kinds.header())

    def test_every_type_of_a_proto_file_has_a_kind(self):
        types = re.findall(r"^#define PB_LTYPE_MAP_(\w+) ", PB_H, re.MULTILINE)
        self.assertEqual(len(types), 21)
        repeats = ("REQUIRED", "SINGULAR", "REPEATED", "ONEOF")
        fields = [f"{memory}, {count}, {name}" for memory in ALL["A"] for count in repeats for name in types]
        self.assertEqual(left_out(*fields), {letter: set() for letter in "AHL"})

    def test_an_unknown_kind_is_refused(self):
        with self.assertRaisesRegex(ValueError, "UINT128"):
            left_out("STATIC,   SINGULAR, UINT128")


class Header(unittest.TestCase):
    def test_replacement_numbers_occur_in_no_description(self):
        kinds = Kinds(PB_H)
        kinds.take(header_of("STATIC,   SINGULAR, UINT32"))
        given = [int(number, 16) for number in re.findall(r"^#define PB_\wTYPE_\w+ 0x(\w+)U$", kinds.header(), re.MULTILINE)]
        self.assertGreater(min(given), 0xFF)

    def test_the_only_count_is_known(self):
        kinds = Kinds(PB_H)
        kinds.take(header_of("STATIC,   SINGULAR, UINT32"))
        self.assertIn("#define PB_HTYPE(type) 0x10U", kinds.header())
        kinds.take(header_of("STATIC,   ONEOF, UINT32"))
        self.assertNotIn("PB_HTYPE(type)", kinds.header())


if __name__ == "__main__":
    unittest.main()
