# What the scripts beside this one share. To be sourced.
#   require_packages PACKAGE...   installs Debian packages that are missing, with sudo when not root
#   build_release                 builds the program and sets WARDFS_BINARY

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

# Swift's libraries are linked in: the program runs on machines without the toolchain.
build_release() {
    local options=(-c release --product wardfs --static-swift-stdlib)
    swift build "${options[@]}" 2>&1 | grep -E 'error:|^Build' || return 1
    WARDFS_BINARY=$(readlink -f "$(swift build "${options[@]}" --show-bin-path)/wardfs")
    export WARDFS_BINARY
    [ -x "$WARDFS_BINARY" ]
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
