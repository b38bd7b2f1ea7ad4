# Debian packages, installed only when missing. To be sourced:
#   require_packages PACKAGE...    installs what is missing, with sudo when not root

BUILD_PACKAGES=(libfuse3-dev libcurl4-openssl-dev libssl-dev libsqlite3-dev pkg-config)
RUN_PACKAGES=(fuse3 openssl ca-certificates)
TEST_PACKAGES=(
    python3-venv python3-pip curl postgresql postgresql-client rsync tar bzip2 gzip strace attr
    util-linux procps findutils coreutils sed)

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        echo "Become root, or install sudo, to run: $*" >&2
        return 1
    fi
}

require_packages() {
    local missing=() package
    for package; do
        dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed \
            || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    command -v apt-get >/dev/null || {
        echo "This script installs Debian packages; install by hand: ${missing[*]}" >&2
        return 1
    }
    echo "Installing: ${missing[*]}"
    as_root apt-get update -qq
    # A new PostgreSQL package would start a server of its own: the tests run one themselves.
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        "${missing[@]}" >/dev/null
}

require_swift() {
    command -v swift >/dev/null || {
        echo "The Swift toolchain is missing: see https://www.swift.org/install/linux/" >&2
        return 1
    }
}

require_fuse() {
    [ -c /dev/fuse ] || {
        echo "/dev/fuse is missing: load the kernel module with 'modprobe fuse'; in a container," \
            "start it with --device /dev/fuse --cap-add SYS_ADMIN" >&2
        return 1
    }
}
