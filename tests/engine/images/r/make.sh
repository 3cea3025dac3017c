#!/bin/bash
# Make what Debian does not have: packages of RStudio and Shiny without the programs, and R packages without functions.
set -eu
work=$(mktemp -d)
for name in rstudio-server shiny-server; do
    root="${work}/${name}"
    mkdir -p "${root}/DEBIAN" "${root}/usr/lib/${name}/bin" "${root}/etc/rstudio"
    printf 'Package: %s\nVersion: 0\nArchitecture: all\nMaintainer: tests\nDescription: stand-in\n' "${name}" > "${root}/DEBIAN/control"
    printf '#!/bin/sh\nexit 1\n' > "${root}/usr/lib/${name}/bin/${name/rstudio-server/rserver}"
    chmod 0755 "${root}/usr/lib/${name}/bin/"*
    [ "${name}" = rstudio-server ] || rm -r "${root}/etc"
    dpkg-deb --build --root-owner-group "${root}" "/opt/r/${name}.deb"
done
for name in "$@"; do
    mkdir -p "${work}/${name}"
    printf 'Package: %s\nVersion: 1.0\nTitle: Stand-In\nDescription: Has no functions.\nLicense: none\nAuthor: tests\nMaintainer: tests <tests@example.org>\n' "${name}" > "${work}/${name}/DESCRIPTION"
    : > "${work}/${name}/NAMESPACE"
    R CMD INSTALL "${work}/${name}"
done
rm -r "${work}"
