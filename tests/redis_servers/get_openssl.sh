#!/usr/bin/env bash
# Puts OpenSSL 1.1, which the test Redis is linked with, into the folder DEST.
#
# Debian 12 ships OpenSSL 3 only. The package comes from Debian 11 on the mirror that
# this machine's apt already uses; it is unpacked, not installed, so no root is needed
# and apt's own lists and cache stay as they are.
#
# usage: get_openssl.sh DEST      DEST/lib then holds the libraries, or nothing at all
#                                 where the machine has them already
set -euo pipefail

fail() {
    echo "get_openssl.sh: $*" >&2
    exit 1
}

has_libraries() { # FOLDER: does the folder hold both libraries?
    [[ -e $1/libssl.so.1.1 && -e $1/libcrypto.so.1.1 ]]
}

is_loadable() { # does the machine's own loader find them?
    python3 -c 'import ctypes; ctypes.CDLL("libssl.so.1.1")' 2>/dev/null
}

debian_mirror() { # the address of the mirror this machine's apt uses
    apt-get indextargets --format '$(REPO_URI) $(COMPONENT) $(CODENAME)' \
        'Created-By: Packages' 'Origin: Debian' |
        awk '$2 == "main" && $3 !~ /-/ && !found { print $1; found = 1 }'
}

(($# == 1)) || fail "usage: get_openssl.sh DEST"
mkdir -p "$1"
destination=$(cd "$1" && pwd)

if has_libraries "$destination/lib" || is_loadable; then
    exit 0
fi
command -v apt-get >/dev/null && command -v dpkg >/dev/null ||
    fail "libssl.so.1.1 is missing and this is not a Debian; install OpenSSL 1.1 by hand"

mirror=$(debian_mirror)
[[ -n $mirror ]] ||
    fail "apt knows no Debian mirror here; run 'apt-get update' as root and try again"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/package"
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
[[ -e $keyring ]] && signed="[signed-by=$keyring] " || signed=""
echo "deb $signed$mirror bullseye main" >"$work/sources.list"
# apt drops to the user _apt for downloads, who may not write here.
options=(
    -qq
    -o "Dir::Etc::SourceList=$work/sources.list"
    -o "Dir::Etc::SourceParts=/dev/null"
    -o "Dir::State::Lists=$work/lists"
    -o "Dir::State::status=/dev/null"
    -o "Dir::Cache=$work/cache"
    -o "APT::Sandbox::User="
    -o "Acquire::Retries=3"
)

# A list that cannot be fetched is only a warning to apt-get update; the download fails then.
apt-get "${options[@]}" update >"$work/log" 2>&1 || true
(cd "$work/package" && apt-get "${options[@]}" download libssl1.1 >>"$work/log" 2>&1) || {
    cat "$work/log" >&2
    fail "libssl1.1 could not be downloaded from the mirror $mirror (suite bullseye)"
}
dpkg -x "$work"/package/libssl1.1_*.deb "$work/unpacked" ||
    fail "the package libssl1.1 could not be unpacked"

mkdir -p "$destination/lib"
cp "$work"/unpacked/usr/lib/*/lib{ssl,crypto}.so.1.1 "$destination/"
mv "$destination"/lib{ssl,crypto}.so.1.1 "$destination/lib/"
