"""Tests each row of the table of features in docs/services.md: mote reads and writes messages as Python's protobuf library does.

    features_test.py RECODE PROTOC-GEN-MOTE PAGE

The docstring of a test is the first cell of its row. MOTE_TEST_SEED repeats a run of the random messages.
"""

import math
import os
import random
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import every_pb2
from google.protobuf.descriptor import FieldDescriptor as Field

RECODE, PLUGIN, PAGE = sys.argv[1:4]
SEED = int(os.environ.get("MOTE_TEST_SEED") or random.randrange(1 << 32))
MESSAGES = {"Singular", "Optional", "Repeated", "Map", "Choice", "Nested", "WellKnown", "Undecoded"}


class Recoder:
    """Runs recode.cpp as a child process."""

    def __init__(self):
        self.process = subprocess.Popen([RECODE], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def recode(self, name, data, how="same"):
        """Decodes and encodes the message. Returns the bytes; raises ValueError with the reason if it is refused."""
        self.process.stdin.write(f"{name} {how} {len(data)}\n".encode() + data)
        self.process.stdin.flush()
        word, _, rest = self.process.stdout.readline().decode().strip().partition(" ")
        if word != "ok":
            raise ValueError(rest)
        return self.process.stdout.read(int(rest))

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


# Boundary values of each type.
EDGES = {
    Field.TYPE_DOUBLE: [0.0, -0.0, 1.5, -1e300, math.inf],
    Field.TYPE_FLOAT: [0.0, 1.5, -3.25, math.inf],
    Field.TYPE_INT32: [0, 1, -1, 127, 128, 2**31 - 1, -(2**31)],
    Field.TYPE_INT64: [0, 1, -1, 2**63 - 1, -(2**63)],
    Field.TYPE_UINT32: [0, 1, 128, 2**32 - 1],
    Field.TYPE_UINT64: [0, 1, 2**64 - 1],
    Field.TYPE_SINT32: [0, 1, -1, 2**31 - 1, -(2**31)],
    Field.TYPE_SINT64: [0, 1, -1, 2**63 - 1, -(2**63)],
    Field.TYPE_FIXED32: [0, 1, 2**32 - 1],
    Field.TYPE_FIXED64: [0, 1, 2**64 - 1],
    Field.TYPE_SFIXED32: [0, -1, 2**31 - 1],
    Field.TYPE_SFIXED64: [0, -1, -(2**63)],
    Field.TYPE_BOOL: [False, True],
    Field.TYPE_STRING: ["", "a", "gr\u00fc\u00df \u20ac \U0001f600", "x" * 300],
    Field.TYPE_BYTES: [b"", b"\0", b"\xff\x00" * 70],
    Field.TYPE_ENUM: [0, 1, -1, 77],
}


def is_map(field):
    return field.message_type is not None and field.message_type.GetOptions().map_entry


def fill(message, choose, depth=0):
    """Sets fields of a message at random."""
    for field in message.DESCRIPTOR.fields:
        if choose.random() < 0.4 or field.containing_oneof is not None and message.WhichOneof(field.containing_oneof.name):
            continue
        if is_map(field):
            fill_map(getattr(message, field.name), field, choose, depth)
        elif field.message_type is not None:
            if depth >= 3:
                continue
            if field.label == Field.LABEL_REPEATED:
                for _ in range(choose.randrange(4)):
                    fill(getattr(message, field.name).add(), choose, depth + 1)
            else:
                getattr(message, field.name).SetInParent()
                fill(getattr(message, field.name), choose, depth + 1)
        elif field.label == Field.LABEL_REPEATED:
            getattr(message, field.name).extend(choose.choice(EDGES[field.type]) for _ in range(choose.randrange(6)))
        else:
            setattr(message, field.name, choose.choice(EDGES[field.type]))


def fill_map(entries, field, choose, depth):
    key, value = field.message_type.fields_by_name["key"], field.message_type.fields_by_name["value"]
    for _ in range(choose.randrange(4)):
        if value.message_type is not None:
            fill(entries[choose.choice(EDGES[key.type])], choose, depth + 1)
        else:
            entries[choose.choice(EDGES[key.type])] = choose.choice(EDGES[value.type])


class Features(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.recoder = Recoder()

    @classmethod
    def tearDownClass(cls):
        cls.recoder.close()

    def check(self, message, exact=True):
        """Checks that both ways of recoding return the message; `exact`: in the same bytes as Python's."""
        name = message.DESCRIPTOR.name
        data = message.SerializeToString(deterministic=True)
        for how in ("same", "array"):
            again = self.recoder.recode(name, data, how)
            self.assertEqual(type(message).FromString(again), message, (name, how, data))
            if exact:
                self.assertEqual(again, data, (name, how))

    def check_each(self, name, field, values, exact=True):
        """Checks one field with each of the values."""
        for value in values:
            message = getattr(every_pb2, name)()
            setattr(message, field, value)
            self.check(message, exact)

    def singular(self, *types):
        for field in every_pb2.Singular.DESCRIPTOR.fields:
            if field.type in types:
                self.check_each("Singular", field.name, EDGES[field.type])

    def test_numbers(self):
        """numbers, bool"""
        self.singular(*(set(EDGES) - {Field.TYPE_STRING, Field.TYPE_BYTES, Field.TYPE_ENUM}))

    def test_text(self):
        """string, bytes"""
        self.singular(Field.TYPE_STRING, Field.TYPE_BYTES)
        with self.assertRaisesRegex(ValueError, "invalid utf8"):
            self.recoder.recode("Singular", b"\x72\x01\xff")

    def test_enums(self):
        """enum"""
        self.singular(Field.TYPE_ENUM)

    def test_messages(self):
        """a message"""
        message = every_pb2.Singular()
        message.inner.SetInParent()
        self.check(message)
        message.inner.number = -5
        message.inner.text = "text"
        self.check(message)

    def test_optional_numbers(self):
        """optional number, bool, enum"""
        for field in every_pb2.Optional.DESCRIPTOR.fields:
            if field.message_type is None and field.type not in (Field.TYPE_STRING, Field.TYPE_BYTES):
                self.check_each("Optional", field.name, EDGES[field.type])

    def test_optional_text(self):
        """optional string, bytes"""
        self.check_each("Optional", "text", EDGES[Field.TYPE_STRING])
        self.check_each("Optional", "blob", EDGES[Field.TYPE_BYTES])
        self.assertEqual(self.recoder.recode("Optional", b"\x72\x00"), b"\x72\x00")

    def test_repeated(self):
        """repeated field of any type"""
        for field in every_pb2.Repeated.DESCRIPTOR.fields:
            message = every_pb2.Repeated()
            if field.message_type is not None:
                for i in range(3):
                    message.inner.add(number=i, text=str(i))
            else:
                getattr(message, field.name).extend(EDGES[field.type] * 2)
            self.check(message, exact=field.name != "plain")

    def test_repeated_to_send(self):
        """repeated field to send"""
        message = every_pb2.Repeated(i32=EDGES[Field.TYPE_INT32], text=["", "a"], s64=[-1], flag=[True, False])
        message.inner.add(number=1).inner.add(text="deep")
        data = message.SerializeToString()
        self.assertEqual(self.recoder.recode("Repeated", data, "array"), data)

    def test_maps(self):
        """map"""
        message = every_pb2.Map(texts={"a": "b", "": ""}, colors={True: 1, False: 0}, blobs={7: b"x"}, numbers={-3: 1.5})
        message.inner[-1].text = "i"
        self.check(message, exact=False)

    def test_oneofs(self):
        """oneof"""
        for field, values in (("text", EDGES[Field.TYPE_STRING]), ("blob", EDGES[Field.TYPE_BYTES]),
                              ("number", [0, -1]), ("color", [0, 77]), ("x64", [0, 5]), ("name", ["", "n"]),
                              ("flag", [False, True])):
            self.check_each("Choice", field, values)
        message = every_pb2.Choice(name="name")
        message.nothing.SetInParent()
        self.check(message)
        message.inner.text = "inner"
        self.check(message)
        message.document["key"] = "value"
        self.check(message)
        # The last member is used.
        self.assertEqual(self.recoder.recode("Choice", b"\x0a\x01a\x12\x01b\x18\x05\x0a\x02cd"), b"\x0a\x02cd")

    def test_nesting(self):
        """a message inside a message, to any depth"""
        message = every_pb2.Nested()
        message.level.kind = every_pb2.Nested.Level.SOME
        message.level.inner.text = "a"
        message.choice.text = ""
        message.repeated.text.append("b")
        message.map.texts["k"] = "v"
        message.optional.text = ""
        self.check(message, exact=False)

    def test_recursion_in_lists(self):
        """a message that contains itself in a repeated field"""
        message = every_pb2.Repeated()
        at = message.inner.add()
        for depth in range(40):
            at.number = depth
            at = at.inner.add()
        self.check(message)
        deep = b""
        for _ in range(150):
            deep = b"\x1a" + self.varint(len(deep)) + deep
        with self.assertRaisesRegex(ValueError, "messages nested too deep"):
            self.recoder.recode("Repeated", b"\x8a\x01" + self.varint(len(deep)) + deep)

    @staticmethod
    def varint(number):
        out = bytearray()
        while number > 0x7F:
            out.append(number & 0x7F | 0x80)
            number >>= 7
        return bytes([*out, number])

    def test_well_known_types(self):
        """google.protobuf.Timestamp, Duration, Empty, wrappers, FieldMask, Any"""
        message = every_pb2.WellKnown()
        message.timestamp.FromJsonString("2026-02-03T04:05:06.000000007Z")
        message.duration.FromMilliseconds(-1500)
        message.empty.SetInParent()
        message.mask.FromJsonString("a,b.c")
        message.any.Pack(every_pb2.Inner(number=3))
        message.timestamps.add(seconds=1)
        for name, value in (("f64", 0.5), ("f32", 0.0), ("i64", -1), ("u64", 1), ("i32", 0), ("u32", 2), ("flag", False),
                            ("text", "t"), ("blob", b"")):
            getattr(message, name).value = value
        self.check(message)

    def test_struct(self):
        """google.protobuf.Struct, Value, ListValue"""
        message = every_pb2.Undecoded()
        message.document.update({"a": [1, "b", None, {"c": True}]})
        message.value.string_value = ""
        message.list.extend([1, 2])
        message.values.add().number_value = 5
        self.check(message)
        empty = every_pb2.Undecoded()
        empty.document.SetInParent()
        self.check(empty)

    def refused(self, source):
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "x.proto").write_text(source, encoding="utf-8")
            result = subprocess.run(["protoc", f"--plugin=protoc-gen-mote={PLUGIN}", f"--mote_out={folder}", "-I", folder, "x.proto"],
                                    check=False, capture_output=True, text=True)
        self.assertNotEqual(result.returncode, 0)
        return result.stderr

    def test_recursion(self):
        """a message that contains itself otherwise"""
        message = self.refused('syntax = "proto3"; message Node { Node next = 1; }')
        self.assertIn("x.proto: Node.next: a message that contains itself has no fixed size", message)

    def test_proto2(self):
        """proto2, editions"""
        self.assertIn("x.proto: mote reads proto3 only", self.refused('syntax = "proto2"; message M {}'))
        self.assertIn("x.proto: mote reads proto3 only", self.refused("message M {}"))

    def test_random_messages(self):
        choose = random.Random(SEED)
        print(f"MOTE_TEST_SEED={SEED}")
        for _ in range(3000):
            message = getattr(every_pb2, choose.choice(sorted(MESSAGES - {"WellKnown", "Undecoded"})))()
            fill(message, choose)
            self.check(message, exact=False)

    def test_each_row_has_a_test(self):
        page = Path(PAGE).read_text(encoding="utf-8").partition("<!-- features -->")[2].partition("<!-- /features -->")[0]
        rows = re.findall(r"^\| (.+?) \|", page, re.MULTILINE)[1:]
        tested = {getattr(self, name).__doc__ for name in dir(self) if name.startswith("test_")}
        self.assertGreater(len(rows), 10)
        self.assertEqual([row for row in rows if row not in tested], [])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
