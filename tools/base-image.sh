#!/usr/bin/env bash
# Builds a local stand-in for the official `node:<major>-<suite>-slim` image, for
# machines where no image registry is reachable but the Debian archive and the npm
# registry are. Nothing here names a registry host: debootstrap uses its own default
# mirror (or the first URI of this host's apt sources), npm uses its own config.
#
#   usage: tools/base-image.sh [major=24] [suite=bookworm]        (as root)
#   env:   FORCE=1      rebuild even if the tag exists
#          NPM_VERSION  npm to put in the image (default: newest 11)
#          DOCKER       docker client (default: docker)
set -euo pipefail
major=${1:-24} suite=${2:-bookworm}
tag="node:${major}-${suite}-slim"
DOCKER=${DOCKER:-docker}
NPM_VERSION=${NPM_VERSION:-11}

if [[ ${FORCE:-0} != 1 ]] && "$DOCKER" image inspect "$tag" >/dev/null 2>&1; then
  echo "$tag is already there (FORCE=1 rebuilds it)"; exit 0
fi
case "$(dpkg --print-architecture)" in
  amd64) narch=x64 ;; arm64) narch=arm64 ;; *) echo "unsupported architecture" >&2; exit 1 ;;
esac
command -v debootstrap >/dev/null || { apt-get update -qq; apt-get install -y -qq --no-install-recommends debootstrap; }

work=$(mktemp -d /tmp/base-image.XXXXXX); root="$work/root"
trap 'rm -rf "$work"' EXIT
t0=$SECONDS

# 1. Debian minbase. A mirror is only passed when this host's own apt names one.
mirror=$(awk '$1=="URIs:"{print $2; exit}' /etc/apt/sources.list.d/*.sources 2>/dev/null || true)
debootstrap --variant=minbase --include=libatomic1 "$suite" "$root" ${mirror:+"$mirror"} >"$work/debootstrap.log" 2>&1 \
  || { tail -20 "$work/debootstrap.log" >&2; exit 1; }
echo "debootstrap: $((SECONDS-t0))s"

# 2. apt inside the image: same sources as the host (security + updates), else what debootstrap wrote.
if [[ -s /etc/apt/sources.list.d/debian.sources ]]; then
  host_suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
  rm -f "$root/etc/apt/sources.list"
  grep -v '^#' /etc/apt/sources.list.d/debian.sources | sed "s/\b${host_suite}\b/${suite}/g" > "$root/etc/apt/sources.list.d/debian.sources"
fi
#    slim conventions of debian:*-slim (no docs, man pages, locales; no cached .debs)
cat > "$root/etc/dpkg/dpkg.cfg.d/docker-slim" <<'X'
path-exclude /usr/share/doc/*
path-include /usr/share/doc/*/copyright
path-exclude /usr/share/man/*
path-exclude /usr/share/info/*
path-exclude /usr/share/locale/*
path-include /usr/share/locale/locale.alias
path-exclude /usr/share/lintian/*
X
printf 'Dir::Cache::pkgcache "";\nDir::Cache::srcpkgcache "";\nAPT::Install-Suggests "0";\nAcquire::Languages "none";\nAPT::AutoRemove::SuggestsImportant "false";\nDPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb || true"; };\n' \
  > "$root/etc/apt/apt.conf.d/docker-slim"
printf '#!/bin/sh\nexit 101\n' > "$root/usr/sbin/policy-rc.d"; chmod 755 "$root/usr/sbin/policy-rc.d"
find "$root/usr/share/doc" -type f ! -name copyright -delete
rm -rf "$root"/usr/share/{man,info,locale,lintian}/* "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/*.bin \
       "$root"/var/cache/apt/archives/*.deb "$root"/var/log/* "$root"/var/cache/debconf/*-old "$root"/var/cache/ldconfig/aux-cache

# 3. Certificate authorities this host trusts besides Debian's (an intercepting egress
#    proxy's, say). update-ca-certificates picks the same folder up if the Dockerfile installs it.
change=()
mkdir -p "$root/usr/local/share/ca-certificates"
if compgen -G '/usr/local/share/ca-certificates/*.crt' >/dev/null; then
  cp -L /usr/local/share/ca-certificates/*.crt "$root/usr/local/share/ca-certificates/"
  cat /usr/local/share/ca-certificates/*.crt > "$root/usr/local/share/host-ca.pem"
  change+=(--change "ENV NODE_EXTRA_CA_CERTS=/usr/local/share/host-ca.pem")
fi

# 4. Node from the npm registry (integrity-checked by npm), npm itself likewise.
cd "$work"
nver=$(npm view "node-linux-${narch}@${major}" version --json 2>/dev/null | tr -d '[]", ' | grep . | sort -V | tail -1)
pver=$(npm view "npm@${NPM_VERSION}" version --json 2>/dev/null | tr -d '[]", ' | grep . | sort -V | tail -1)
npm pack --silent "node-linux-${narch}@${nver}" >/dev/null 2>&1
npm pack --silent "npm@${pver}" >/dev/null 2>&1
mkdir node npm
tar xzf node-linux-"$narch"-*.tgz -C node --strip-components=1 package/bin package/LICENSE
tar xzf npm-"$pver".tgz -C npm --strip-components=1
install -D -m755 node/bin/node "$root/usr/local/bin/node"
install -D -m644 node/LICENSE "$root/usr/local/share/doc/node/LICENSE"
mkdir -p "$root/usr/local/lib/node_modules"; cp -r npm "$root/usr/local/lib/node_modules/npm"
ln -s node "$root/usr/local/bin/nodejs"
ln -s ../lib/node_modules/npm/bin/npm-cli.js "$root/usr/local/bin/npm"
ln -s ../lib/node_modules/npm/bin/npx-cli.js "$root/usr/local/bin/npx"
chmod 755 "$root"/usr/local/lib/node_modules/npm/bin/*.js

# 5. user and entrypoint, as in the official image
chroot "$root" groupadd --gid 1000 node
chroot "$root" useradd --uid 1000 --gid node --shell /bin/bash --create-home node
cat > "$root/usr/local/bin/docker-entrypoint.sh" <<'X'
#!/bin/sh
set -e
# An option, or a word that is no command, is handed to node.
if [ "${1#-}" != "${1}" ] || [ -z "$(command -v "${1}")" ] || { [ -f "${1}" ] && ! [ -x "${1}" ]; }; then
  set -- node "$@"
fi
exec "$@"
X
chmod 755 "$root/usr/local/bin/docker-entrypoint.sh"

tar -C "$root" --numeric-owner --xattrs -cf - . | "$DOCKER" import \
  --change 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' \
  --change "ENV NODE_VERSION=${nver}" \
  --change 'ENTRYPOINT ["docker-entrypoint.sh"]' \
  --change 'CMD ["node"]' \
  "${change[@]}" --message "local stand-in: debootstrap $suite + node $nver + npm $pver" - "$tag" >/dev/null
"$DOCKER" run --rm --network none "$tag" node -e 'console.log("node", process.version, "libc", process.report.getReport().header.glibcVersionRuntime)'
"$DOCKER" image ls "$tag" --format '{{.Repository}}:{{.Tag}} {{.Size}}'
echo "total: $((SECONDS-t0))s"
