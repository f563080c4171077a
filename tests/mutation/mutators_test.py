"""Tests the mutators with small sources, and that explained.txt names lines that exist."""

import sys
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import explained  # noqa: E402
import mutators  # noqa: E402

ROOT = HERE.parents[1]


def mutants(text):
    """The texts of all mutants."""
    return [mutant.apply(text) for mutant in mutators.mutants_of("a.cpp", text)]


class Operators(unittest.TestCase):
    def test_comparisons_change_their_boundary(self):
        self.assertEqual(mutants("bool b = x < y;\n"), ["bool b = x <= y;\n"])
        self.assertEqual(mutants("bool b = x >= y;\n"), ["bool b = x > y;\n"])
        self.assertEqual(mutants("bool b = x == y &&\n    z;\n"), ["bool b = x != y &&\n    z;\n", "bool b = x == y ||\n    z;\n"])

    def test_types_stay_unchanged(self):
        self.assertEqual(mutants("template <class T>\nstd::vector<int>& f(const Type& x, Type* y, T&& z);\n"), [])

    def test_steps(self):
        self.assertEqual(mutants("auto x = i++;\n"), ["auto x = i--;\n"])


class Values(unittest.TestCase):
    def test_numbers_go_up_and_down(self):
        self.assertEqual(mutants("int x = 5;\n"), ["int x = 4;\n", "int x = 6;\n"])
        self.assertEqual(mutants("auto x = 0x1F;\n"), ["auto x = 30;\n", "auto x = 32;\n"])
        self.assertEqual(mutants("auto x = 1'000U;\n"), ["auto x = 1001U;\n", "auto x = 999U;\n"])
        self.assertEqual(mutants("auto x = 0;\n"), ["auto x = 1;\n"])

    def test_names_and_fractions_stay_unchanged(self):
        self.assertEqual(mutants("auto x = load_u32(take1()) * 1.5;\n".replace(" * ", "*")), [])

    def test_truths(self):
        self.assertEqual(mutants("bool x = true;\n"), ["bool x = false;\n"])


class Conditions(unittest.TestCase):
    def test_a_condition_is_negated_and_never_true(self):
        found = mutants("if (f(x)) return;\n")
        self.assertEqual(found, ["if (!(f(x))) return;\n", "if ((f(x)) && false) return;\n"])

    def test_a_condition_keeps_its_characters_and_strings(self):
        found = mutants("if (f(x, '=', \"y\")) return;\n")
        self.assertEqual(found, ["if (!(f(x, '=', \"y\"))) return;\n", "if ((f(x, '=', \"y\")) && false) return;\n"])

    def test_the_condition_of_a_loop_is_only_negated(self):
        self.assertEqual(mutants("while (f(x)) {\n"), ["while (!(f(x))) {\n"])

    def test_declarations_stay_unchanged(self):
        self.assertEqual(mutants("if (auto* x = f()) return;\n"), [])


class Statements(unittest.TestCase):
    def test_calls_and_assignments_are_deleted(self):
        self.assertEqual(mutants("{\n  f(x);\n}\n"), ["{\n  ;\n}\n"])
        self.assertEqual(mutants("{\n  a.b_ = f(x);\n}\n"), ["{\n  ;\n}\n"])
        self.assertEqual(mutants("{\n  break;\n}\n"), ["{\n  ;\n}\n"])
        self.assertIn("{\n  if (a) ;\n}\n", mutants("{\n  if (a) f(x);\n}\n"))

    def test_declarations_and_returns_stay_unchanged(self):
        self.assertEqual(mutants("{\n  const int x = f();\n  Type y(x);\n  return g(x);\n}\n"), [])

    def test_the_second_line_of_a_statement_stays_unchanged(self):
        self.assertEqual(mutants("{\n  const bool x =\n      f(y);\n}\n"), [])


class NoCode(unittest.TestCase):
    def test_comments_strings_and_preprocessor_lines_stay_unchanged(self):
        self.assertEqual(mutants('// x < 5\n/* 1 */\n#if X == 1\nauto t = "1 < 2";\nauto c = \'1\';\n'), [])

    def test_static_assertions_stay_unchanged(self):
        self.assertEqual(mutants("static_assert(f(1) == 2);\n"), [])

    def test_line_and_diff(self):
        text = "int a;\n  bool b = x < y;\n"
        (mutant,) = mutators.mutants_of("a.cpp", text)
        self.assertEqual(mutant.line(text), 2)
        self.assertEqual(mutant.diff(text), ("bool b = x < y;", "bool b = x <= y;"))


class Explained(unittest.TestCase):
    def test_an_entry(self):
        found = explained.read("# a remark\na.cpp\n- x = 1;\n+ x = 2;\n  because\n  of that\n")
        self.assertEqual(found, {("a.cpp", "x = 1;", "x = 2;"): "because of that"})

    def test_a_malformed_entry_is_an_error(self):
        with self.assertRaises(ValueError):
            explained.read("a.cpp\n- x = 1;\n  because\n")

    def test_every_entry_is_a_mutant_of_the_sources(self):
        for file, before, after in explained.read():
            with self.subTest(file=file, line=before):
                text = (ROOT / file).read_text(encoding="utf-8")
                self.assertIn((before, after), [mutant.diff(text) for mutant in mutators.mutants_of(file, text)])


if __name__ == "__main__":
    unittest.main()
