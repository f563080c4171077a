"""Tests the manifests of deploy/kubernetes: they are valid by a schema of the API and consistent with the image."""

import copy
import json
import re
import sys
import unittest
from pathlib import Path

import jsonschema
import yaml

HERE = Path(__file__).resolve().parent
DEPLOY = HERE.parents[1] / "deploy"
sys.dont_write_bytecode = True
sys.path.insert(0, str(DEPLOY))
import oci
import release
from product import Product

SCHEMA = json.loads((HERE / "kubernetes.schema.json").read_text())
MOTE = Product()
SIZES = {"Ki": 1 << 10, "Mi": 1 << 20}


def objects():
    found = {}
    for path in sorted((DEPLOY / "kubernetes").glob("*.yaml")):
        for one in yaml.safe_load_all(MOTE.text(path.read_text())):
            found[path.name, one["kind"]] = one
    return found


def errors(one):
    return [error.message for error in jsonschema.Draft202012Validator(SCHEMA).iter_errors(one)]


class Manifests(unittest.TestCase):
    def setUp(self):
        self.objects = objects()
        self.workloads = [one for one in self.objects.values() if one["kind"] in ("DaemonSet", "Deployment")]

    def test_manifests_are_valid(self):
        jsonschema.Draft202012Validator.check_schema(SCHEMA)
        kinds = sorted(kind for _, kind in self.objects)
        self.assertEqual(kinds, ["DaemonSet", "Deployment", "NetworkPolicy", "NetworkPolicy", "Service"])
        for name, one in self.objects.items():
            self.assertEqual(errors(one), [], name)

    def test_the_schema_refuses_invalid_manifests(self):
        def spoilt(change):
            one = copy.deepcopy(self.objects["deployment.yaml", "Deployment"])
            change(one, one["spec"]["template"]["spec"]["containers"][0])
            return one

        changes = [
            lambda one, container: container.update(livenessProb=container.pop("livenessProbe")),
            lambda one, container: container["livenessProbe"]["grpc"].update(port="50051"),
            lambda one, container: container.pop("image"),
            lambda one, container: container["resources"]["limits"].update(memory="40MB"),
            lambda one, container: one["spec"].pop("selector"),
            lambda one, container: one.update(apiVersion="extensions/v1beta1"),
            lambda one, container: one["metadata"].update(name="Mote_Gateway"),
        ]
        for number, change in enumerate(changes):
            self.assertNotEqual(errors(spoilt(change)), [], number)

    def test_selectors_match_existing_pods(self):
        for one in self.workloads:
            labels = one["spec"]["template"]["metadata"]["labels"]
            self.assertLessEqual(one["spec"]["selector"]["matchLabels"].items(), labels.items())
        service = self.objects["deployment.yaml", "Service"]["spec"]
        template = self.objects["deployment.yaml", "Deployment"]["spec"]["template"]
        self.assertLessEqual(service["selector"].items(), template["metadata"]["labels"].items())
        ports = {port["name"]: port["containerPort"] for port in template["spec"]["containers"][0]["ports"]}
        self.assertEqual([ports[port["targetPort"]] for port in service["ports"]], [port["port"] for port in service["ports"]])

    def test_a_policy_admits_some_clients_only(self):
        for file, kind in (("deployment.yaml", "Deployment"), ("daemonset.yaml", "DaemonSet")):
            with self.subTest(file):
                pod = self.objects[file, kind]["spec"]["template"]
                policy = self.objects[file, "NetworkPolicy"]["spec"]
                # A policy does not hold for pods in the network of the node.
                self.assertNotIn("hostNetwork", pod["spec"])
                self.assertLessEqual(policy["podSelector"]["matchLabels"].items(), pod["metadata"]["labels"].items())
                self.assertEqual(sorted(policy["policyTypes"]), ["Egress", "Ingress"])
                self.assertNotIn("egress", policy)
                (rule,) = policy["ingress"]
                (container,) = pod["spec"]["containers"]
                self.assertEqual([port["port"] for port in rule["ports"]], [port["containerPort"] for port in container["ports"]])
                self.assertTrue(rule["from"] and all(rule["from"]))

    def test_manifests_match_the_image(self):
        for one in self.workloads:
            pod = one["spec"]["template"]["spec"]
            (container,) = pod["containers"]
            self.assertEqual(container["image"], f"mote-gateway:{MOTE.tag}")
            user = f"{pod['securityContext']['runAsUser']}:{pod['securityContext']['runAsGroup']}"
            self.assertEqual(user, oci.USER)
            for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
                self.assertEqual(container[probe]["grpc"]["port"], container["ports"][0]["containerPort"])

    def test_the_memory_limit_covers_the_limits_of_the_image(self):
        for one in self.workloads:
            text = one["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]["memory"]
            amount, unit = re.fullmatch(r"(\d+)(\w+)", text).groups()
            self.assertGreaterEqual(int(amount) * SIZES[unit], release.memory_max(b""))


if __name__ == "__main__":
    unittest.main(verbosity=2)
