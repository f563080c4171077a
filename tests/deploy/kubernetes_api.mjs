// Reads an array of Kubernetes objects as JSON from stdin, compares each with the types of the official API, and prints an array of errors,
// or null, in the same order.
import { readFileSync } from "node:fs";
import { ServiceMonitor } from "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1";
import { DaemonSet, Deployment } from "kubernetes-models/apps/v1";
import { NetworkPolicy } from "kubernetes-models/networking.k8s.io/v1";
import { PodDisruptionBudget } from "kubernetes-models/policy/v1";
import { ConfigMap, Service } from "kubernetes-models/v1";

const kinds = [ConfigMap, DaemonSet, Deployment, NetworkPolicy, PodDisruptionBudget, Service, ServiceMonitor];

function error({ apiVersion, kind, ...rest }) {
  const type = kinds.find((each) => each.kind === kind && each.apiVersion === apiVersion);
  if (!type) return `unknown: ${apiVersion} ${kind}`;
  try {
    new type(rest).validate();
    return null;
  } catch (failure) {
    return failure.message;
  }
}

console.log(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(error)));
