# shellcheck shell=bash
# The Debian packages for each kind of work, and need_packages, which installs the missing ones. Sourced by ./dev. Each name exists
# in Debian 12 and 13. Names of compiler packages have no version, so that each release installs its default;
# but MC/DC needs clang 19.

declare -A package_groups=(
  [build]="cmake dpkg-dev g++ libnanopb-dev nanopb ninja-build pkg-config python3
    python3-seccomp"
  [certs]="openssl python3"
  [grpc]="libgrpc++-dev"
  [client]="protobuf-compiler protobuf-compiler-grpc python3-grpcio python3-protobuf"
  [test]="ca-certificates curl gcc-arm-none-eabi iproute2 libcmocka-dev libgrpc++-dev libgtest-dev libnghttp2-dev libnewlib-arm-none-eabi
    libprotobuf-dev libssl-dev libstdc++-arm-none-eabi-newlib make nghttp2-client nodejs npm openssl python3-jsonschema
    python3-kconfiglib python3-yaml strace stunnel4"
  [fuzz]="clang libclang-rt-dev libssl-dev llvm openssl"
  [coverage]="clang-19 libclang-rt-19-dev llvm-19"
  [cross]="dpkg-dev g++-aarch64-linux-gnu g++-arm-linux-gnueabi g++-arm-linux-gnueabihf qemu-user-static"
  [firmware]="dpkg-dev gcc-arm-none-eabi libnewlib-arm-none-eabi libstdc++-arm-none-eabi-newlib qemu-system-arm"
  [deploy]="openssh-client python3"
  [image]="dosfstools e2fsprogs fakeroot kmod mtools openssl qemu-user-static"
  [package]="binutils dpkg"
  [release]="gnupg openssh-client"
  [e2e]="busybox device-tree-compiler fdisk gnupg lintian mmdebstrap openssh-client openssh-server qemu-system-arm qemu-system-x86 skopeo"
  [project]="binutils ccache curl dpkg openssh-client openssh-server patch"
  [peers]="cargo default-jdk-headless golang-go golang-google-grpc-dev libgeronimo-annotation-1.3-spec-java libgoogle-gson-java
    libgrpc-java libguava-java libnetty-java libperfmark-java libprotobuf-java librust-h2-dev librust-tokio-dev
    protobuf-compiler-grpc-java-plugin ruby-grpc rustc"
  [monitor]="chromium prometheus"
  [guard]="valgrind"
  [try_on]="ca-certificates git mmdebstrap python3"
  [native]="dpkg-dev"
  [newer]="ca-certificates mmdebstrap"
  [bench]="golang-go golang-google-grpc-dev"
  [docs]="doxygen"
  [lint]="clang-format clang-tidy pyflakes3 shellcheck"
)

# missing_packages GROUP...: the packages that are not installed, one per line. Node.js and npm count as installed if the commands exist,
# because Debian's packages conflict with those of other repositories.
missing_packages() {
  local group package status
  local -A installed=()
  while read -r package status; do
    [[ $status == installed ]] && installed[$package]=1
  done < <(dpkg-query -W -f '${Package} ${db:Status-Status}\n' 2>/dev/null)
  command -v node >/dev/null && installed[nodejs]=1
  command -v npm >/dev/null && installed[npm]=1
  for group in "$@"; do
    for package in ${package_groups[$group]}; do
      [[ ${installed[$package]:-} ]] || echo "$package"
    done
  done
}

# need_packages GROUP...: installs missing packages through apt, as root or with sudo, after other
# runs of apt. The log is build/apt.log.
need_packages() {
  local -a missing as_root=()
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]} == 0)) && return 0

  if ((EUID != 0)); then
    as_root=(sudo)
  fi
  if ! command -v apt-get >/dev/null || { ((EUID != 0)) && ! command -v sudo >/dev/null; }; then
    echo "dev: install these packages first (apt-get and root or sudo are needed to do it here): ${missing[*]}" >&2
    return 1
  fi
  stage "install ${missing[*]}" install_packages
}

install_packages() {
  local log=build/apt.log
  mkdir -p build
  # An unreachable third-party repository makes apt-get update fail, although the packages may be available.
  if ! "${as_root[@]}" apt-get update -qq </dev/null >"$log" 2>&1; then
    echo "dev: apt-get update reported errors (see $log); continuing" >&2
  fi
  if ! "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends \
    -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=900 "${missing[@]}" </dev/null >>"$log" 2>&1; then
    tail -n 20 "$log" >&2
    echo "dev: could not install: ${missing[*]} (the whole log is $log)" >&2
    return 1
  fi
}
