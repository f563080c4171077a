"""A container image FROM scratch, as an OCI image layout in one tar archive; no container engine is needed to make it.

`docker load`, `podman load`, `ctr images import` (and so k3s) and skopeo can load it. The gateway runs as an unprivileged
user.
"""

import json
from datetime import datetime, timezone

import archive

USER = "65532:65532"
# OCI platforms by Debian's name of the architecture.
PLATFORMS = {
    "amd64": {"architecture": "amd64"},
    "arm64": {"architecture": "arm64", "variant": "v8"},
    "armhf": {"architecture": "arm", "variant": "v7"},
    "armel": {"architecture": "arm", "variant": "v6"},
}


def image(product, architecture, version, programs, configuration):
    """The archive. `programs` has their contents by name; `configuration` is the content of gateway.conf."""
    layer = archive.tar({**programs, product.config.removeprefix("/"): configuration}, programs)
    packed = archive.gz(layer)
    created = datetime.fromtimestamp(archive.epoch(), timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    platform = {"os": "linux", **PLATFORMS[architecture]}
    config = encoded(
        {
            "created": created,
            **platform,
            "config": {
                "User": USER,
                "ExposedPorts": {f"{product.port}/tcp": {}},
                # A container is accessed from outside, so this overrides gateway.conf.
                "Env": [f"{product.environment}LISTEN=*:{product.port}"],
                "Entrypoint": [f"/{product.program}", "--config", product.config],
                "Labels": {
                    "org.opencontainers.image.title": product.program,
                    "org.opencontainers.image.description": product.description,
                    "org.opencontainers.image.version": version,
                    "org.opencontainers.image.licenses": product.license,
                },
                "StopSignal": "SIGTERM",
            },
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{archive.sha256(layer)}"]},
            "history": [{"created": created, "created_by": f"{product.name}: ./dev package"}],
        }
    )
    manifest = encoded(
        {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": descriptor("application/vnd.oci.image.config.v1+json", config),
            "layers": [descriptor("application/vnd.oci.image.layer.v1.tar+gzip", packed)],
        }
    )
    named = {
        **descriptor("application/vnd.oci.image.manifest.v1+json", manifest),
        "platform": platform,
        "annotations": {
            "org.opencontainers.image.ref.name": product.tag,
            "io.containerd.image.name": f"docker.io/library/{product.program}:{product.tag}",
        },
    }
    index = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [named]}
    # For `docker load`, whose older versions do not support the OCI layout.
    docker = [{"Config": blob(config), "RepoTags": [f"{product.program}:{product.tag}"], "Layers": [blob(packed)]}]
    files = {
        "oci-layout": encoded({"imageLayoutVersion": "1.0.0"}),
        "index.json": encoded(index),
        "manifest.json": encoded(docker),
        **{blob(contents): contents for contents in (packed, config, manifest)},
    }
    return archive.tar(files)


def encoded(value):
    return json.dumps(value, separators=(",", ":")).encode()


def blob(contents):
    return f"blobs/sha256/{archive.sha256(contents)}"


def descriptor(kind, contents):
    return {"mediaType": kind, "digest": f"sha256:{archive.sha256(contents)}", "size": len(contents)}
