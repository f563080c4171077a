"""Tests the manifests of deploy/kubernetes: they are valid by a schema of the API and consistent with the image."""

import copy
import json
import re
import sys
import tempfile
import unittest
from pathlib import Path

import jsonschema
import yaml

HERE = Path(__file__).resolve().parent
DEPLOY = HERE.parents[1] / "deploy"
sys.dont_write_bytecode = True
sys.path.insert(0, str(DEPLOY))
import oci
import package
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
        expected = ["ConfigMap", "DaemonSet", "Deployment", "Kustomization", "NetworkPolicy", "NetworkPolicy", "PodDisruptionBudget",
                    "Service", "ServiceMonitor"]
        self.assertEqual(kinds, expected)
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
                (container,) = pod["spec"]["containers"]
                admitted = [[port["port"] for port in rule["ports"]] for rule in policy["ingress"]]
                self.assertEqual(admitted, [[port["containerPort"]] for port in container["ports"]])
                for rule in policy["ingress"]:
                    self.assertTrue(rule["from"] and all(rule["from"]))

    def test_a_pod_stays_when_a_node_is_drained(self):
        deployment = self.objects["deployment.yaml", "Deployment"]["spec"]
        labels = deployment["template"]["metadata"]["labels"]
        budget = self.objects["deployment.yaml", "PodDisruptionBudget"]["spec"]
        self.assertLess(budget["minAvailable"], deployment["replicas"])
        (spread,) = deployment["template"]["spec"]["topologySpreadConstraints"]
        for selector in (budget["selector"], spread["labelSelector"]):
            self.assertEqual(selector["matchLabels"].items() & labels.items(), selector["matchLabels"].items())

    def test_settings_of_the_config_map(self):
        settings = self.objects["deployment.yaml", "ConfigMap"]
        pod = self.objects["deployment.yaml", "Deployment"]["spec"]["template"]["spec"]
        (container,) = pod["containers"]
        self.assertEqual(container["envFrom"], [{"configMapRef": {"name": settings["metadata"]["name"]}}])
        manual = (DEPLOY / "manual" / "gateway.conf.5").read_text().replace("\\-", "-")
        for key in settings["data"]:
            self.assertIn(key.removeprefix(MOTE.environment).replace("_", "-").lower(), manual)
        stop = container["lifecycle"]["preStop"]["sleep"]["seconds"] + int(settings["data"][f"{MOTE.environment}DRAIN_SECONDS"])
        self.assertLess(stop, pod["terminationGracePeriodSeconds"])

    def test_prometheus_finds_the_metrics(self):
        port = int(self.objects["deployment.yaml", "ConfigMap"]["data"][f"{MOTE.environment}HTTP"].rpartition(":")[2])
        (container,) = self.objects["deployment.yaml", "Deployment"]["spec"]["template"]["spec"]["containers"]
        self.assertIn({"name": "metrics", "containerPort": port}, container["ports"])
        service = self.objects["deployment.yaml", "Service"]
        monitor = self.objects["servicemonitor.yaml", "ServiceMonitor"]["spec"]
        self.assertLessEqual(monitor["selector"]["matchLabels"].items(), service["metadata"]["labels"].items())
        self.assertIn(monitor["endpoints"][0]["port"], [port["name"] for port in service["spec"]["ports"]])

    def test_the_kustomization_names_files_of_the_package(self):
        with tempfile.TemporaryDirectory() as folder:
            names = [path.name for path in package.manifests(MOTE, MOTE.tag, Path(folder))]
            resources = yaml.safe_load(Path(folder, "kustomization.yaml").read_text())["resources"]
        self.assertLessEqual(set(resources), set(names))
        self.assertIn("kustomization.yaml", names)

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
