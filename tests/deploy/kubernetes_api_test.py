"""Compares the manifests of deploy/kubernetes with the types of the official API, which npm packages have (package.json)."""

import copy
import json
import subprocess
import unittest
from pathlib import Path

from kubernetes_test import objects

PROGRAM = Path(__file__).with_name("kubernetes_api.mjs")


def errors(found):
    """The error of each object, or None."""
    done = subprocess.run(["node", PROGRAM], input=json.dumps(found), capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


class Api(unittest.TestCase):
    def setUp(self):
        # A Kustomization is a file of kubectl and no object of the API.
        self.objects = {name: one for name, one in objects().items() if one["kind"] != "Kustomization"}

    def test_manifests_are_valid(self):
        self.assertEqual(dict(zip(self.objects, errors([*self.objects.values()]), strict=True)), dict.fromkeys(self.objects))

    def test_wrong_types_are_found(self):
        """A check of the check, for each object."""
        wrong = [copy.deepcopy(one) for one in self.objects.values()]
        for one in wrong:
            one["data" if one["kind"] == "ConfigMap" else "spec"] = "text"
        self.assertNotIn(None, errors(wrong))


if __name__ == "__main__":
    unittest.main(verbosity=2)
