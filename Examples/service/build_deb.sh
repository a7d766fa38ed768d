#!/usr/bin/env bash
# Builds a Debian package out of a release build: `make deb`.
#
#   build_deb.sh BINARY FOLDER     makes FOLDER/sessiond_<version>_<architecture>.deb
set -euo pipefail
binary=$(realpath "$1")
mkdir -p "$2"
folder=$(realpath "$2")
cd "$(dirname "$0")/../.."
debian=Examples/service/debian
maintainer=${DEB_MAINTAINER:-The authors of sessiond <sessiond@example.org>}
architecture=$(dpkg --print-architecture)
version=$("$binary" --version)-1
# The same source gives the same package: files are as old as the last commit.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
export SOURCE_DATE_EPOCH

rm -rf "$folder/root" "$folder/debian"
root=$folder/root
make --no-print-directory --silent install-files SESSIOND="$binary" DESTDIR="$root" PREFIX=/usr SYSCONFDIR=/etc UNITDIR=/lib/systemd/system \
    ZSHDIR=/usr/share/zsh/vendor-completions
strip --strip-unneeded --remove-section=.comment --remove-section=.note "$root/usr/bin/sessiond"

documents=$root/usr/share/doc/sessiond
install -m 644 "$debian/README.Debian" "$debian/copyright" "$documents"
{
    echo "sessiond ($version) unstable; urgency=medium"
    echo
    echo "  * See changelog.gz beside this file."
    echo
    echo " -- $maintainer  $(date -u -R -d "@$SOURCE_DATE_EPOCH")"
} >"$documents/changelog.Debian"
mv "$documents/CHANGELOG.md" "$documents/changelog"
gzip -9n "$documents/changelog" "$documents/changelog.Debian" "$root/usr/share/man/man1/sessiond.1"
install -D -m 644 "$debian/lintian-overrides" "$root/usr/share/lintian/overrides/sessiond"

mkdir "$folder/debian" "$root/DEBIAN"
sed "s/@MAINTAINER@/$maintainer/" "$debian/control.in" >"$folder/debian/control"
(cd "$folder" && dpkg-shlibdeps -O root/usr/bin/sessiond >debian/substvars)
depends=$(sed -n 's/^shlibs:Depends=//p' "$folder/debian/substvars")
{
    echo "Package: sessiond"
    echo "Version: $version"
    echo "Architecture: $architecture"
    echo "Installed-Size: $(du -sk --apparent-size "$root" | cut -f1)"
    sed -n '/^Section:/p;/^Priority:/p;/^Maintainer:/p' "$folder/debian/control"
    sed -n '/^Depends:/,$p' "$folder/debian/control" | sed "s/\${shlibs:Depends}/$depends/"
} >"$root/DEBIAN/control"
(cd "$root" && find etc -type f -printf '/%p\n' | sort) >"$root/DEBIAN/conffiles"
(cd "$root" && find usr lib -type f -print0 | sort -z | xargs -0 md5sum) >"$root/DEBIAN/md5sums"
install -m 755 "$debian/postinst" "$debian/prerm" "$debian/postrm" "$root/DEBIAN"
chmod 644 "$root/DEBIAN/control" "$root/DEBIAN/conffiles" "$root/DEBIAN/md5sums"
find "$root" -newermt "@$SOURCE_DATE_EPOCH" -print0 | xargs -0r touch --no-dereference --date="@$SOURCE_DATE_EPOCH"
dpkg-deb --root-owner-group --build "$root" "$folder/sessiond_${version}_$architecture.deb"
