# SPDX-FileCopyrightText: 2026 The Rungs authors
# SPDX-License-Identifier: BSL-1.0
"""The checks of this folder find what is planted for them, and nothing else."""
import pathlib
import tempfile
import unittest

import docstrings
import documents
import layers
import long_tests


class Checks(unittest.TestCase):
    def found(self, check, files):
        with tempfile.TemporaryDirectory() as root:
            for name, text in files.items():
                path = pathlib.Path(root) / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            return [line.removeprefix(root + "/") for line in check.violations(root)]

    def header(self, check, name, text, **more):
        others = {f"include/rungs/{key.replace('__', '/')}.hpp": more[key] for key in more}
        return self.found(check, {f"include/rungs/{name}": text, **others})

    def assertOne(self, start, found):
        self.assertEqual(len(found), 1, found)
        self.assertTrue(found[0].startswith(start), found)

    def test_an_include_up_the_layers(self):
        self.assertOne("include/rungs/data/a.hpp:2: data must not include rungs/model/b.hpp",
                       self.header(layers, "data/a.hpp", "#include <rungs/core/error.hpp>\n"
                                   "# include <rungs/model/b.hpp>\n"))

    def test_a_library_of_another_layer(self):
        for layer, library in [("core", "Eigen/Core"), ("data", "boost/math/special.hpp"),
                               ("model", "boost/serialization/nvp.hpp"),
                               ("decide", "toml++/toml.h"),
                               ("measure", "nlohmann/json.hpp"), ("project", "fmt/format.h"),
                               ("testing", "CLI/CLI.hpp"), ("fwd.hpp", "Eigen/Core")]:
            name = layer if "." in layer else f"{layer}/a.hpp"
            self.assertOne(f"include/rungs/{name}:1: {layer} must not include {library}",
                           self.header(layers, name, f"#include <{library}>\n"))

    def test_a_library_through_a_private_header(self):
        self.assertOne("include/rungs/detail/b.hpp:1: core must not include Eigen/Core",
                       self.header(layers, "core/a.hpp", "#include <rungs/detail/b.hpp>\n",
                                   detail__b="#include <Eigen/Core>\n"))

    def test_a_long_test_that_is_none(self):
        self.assertOne("tests/long_under_sanitizers.txt:3: there is no test A.IsLong",
                       self.found(long_tests, {"tests/long_under_sanitizers.txt": "# why\nA.Runs\nA.IsLong\n",
                                               "tests/data/a.cpp": "TEST(A, Runs) {}\nTEST_F(B,\n       IsLong) {}\n"}))

    def test_downwards_is_fine(self):
        for name, first, second in [("core/a.hpp", "span", "Random123/philox.h"),
                                    ("model/a.hpp", "Eigen/LU", "rungs/core/ladder.hpp"),
                                    ("io/a.hpp", "toml++/toml.h", "rungs/data/panel.hpp"),
                                    ("rungs.hpp", "rungs/fwd.hpp", "rungs/decide/frontier.hpp")]:
            text = f"#include <{first}>\n#include <{second}>\n"
            self.assertEqual(self.header(layers, name, text), [])

    def test_a_missing_docstring(self):
        for definition in ["struct A {};", "enum class A { one };", "class A final : B {\n};",
                           "template <typename T>\n  requires Good<T>\nclass A {};",
                           "template <class T>\nconcept A = Good<T>;"]:
            text = f"namespace rungs {{\n\n// plain\n{definition}\n}}\n"
            self.assertIn("A has no docstring", self.header(docstrings, "core/a.hpp", text)[0])
            text = text.replace("// plain", "/// What it is.")
            self.assertEqual(self.header(docstrings, "core/a.hpp", text), [])

    def test_no_docstring_needed(self):
        for text in ["namespace rungs { class A; enum class B : int; }",
                     "namespace rungs::detail { struct A {}; }",
                     "namespace rungs {\n/// A.\nclass A {\n  struct B {};\n};\n}",
                     "namespace rungs {\n// struct A {}; \"{\"\ntemplate <class T> void f(T);\n}",
                     "template <> struct std::hash<rungs::A> {};"]:
            self.assertEqual(self.header(docstrings, "core/a.hpp", text), [])

    def document(self, comment, body, language="cpp"):
        return self.found(documents, {
            "docs/how-to/a.md": f"# A\n\n{comment}\n```{language}\n{body}```\n",
            "examples/a.cpp": "int main() {\n  //! [x]\n  if (a)\n    b();\n  //! [x]\n}\n",
            "examples/a.out": "42\n"})

    def test_a_block_that_differs(self):
        self.assertOne("docs/how-to/a.md:4: differs",
                       self.document("<!-- from: examples/a.cpp#x -->", "if (a) b();\n"))
        self.assertOne("docs/how-to/a.md:4: differs",
                       self.document("<!-- output: examples/a.out -->", "43\n", "console"))

    def test_a_block_without_a_source(self):
        self.assertOne("docs/how-to/a.md:4: the block does not say",
                       self.document("Some text.", "f();\n"))
        self.assertOne("docs/how-to/a.md:4: examples/a.cpp#y: needs two marks",
                       self.document("<!-- from: examples/a.cpp#y -->", "f();\n"))

    def test_blocks_that_agree(self):
        for block in [("<!-- from: examples/a.cpp#x -->", "if (a)\n  b();\n"),
                      ("<!-- output: examples/a.out -->", "42\n", "console"),
                      ("<!-- output: examples/a.out -->", "$ a\n42\n", "console"),
                      ("<!-- shell -->", "apt-get update\n", "console"),
                      ("Any text.", "anything\n", "text")]:
            self.assertEqual(self.document(*block), [])


if __name__ == "__main__":
    unittest.main()
