# Sourced by check-root and check-package: a new Debian 12 root, and commands run in it.
#
# What it takes from outside: root's rights, debootstrap, and a network to a Debian mirror. All mounts and processes live
# in namespaces of the script and end with it.
#
# WW_MIRROR names the mirror; WW_ROOT_FILES a folder whose files are laid over the new root first: what your network
# asks for, such as apt's configuration or the certificate of a proxy (usr/local/share/ca-certificates, root/.npmrc).

# roots_enter ARGS...: runs this script anew in namespaces of its own, once
roots_enter() {
  [ "$(id -u)" -eq 0 ] || { say "needs root, for chroot"; exit 1; }
  packages_install_names debootstrap util-linux || exit 1
  [ -n "${WW_ROOTS_ENTERED:-}" ] && return 0
  WW_ROOTS_ENTERED=1 exec unshare --mount --pid --fork --kill-child bash "$0" "$@"
}

# root_make OUT [ROOT]: sets $root; made when it does not exist; without ROOT a temporary one, removed at the end
root_make() {
  local out=$1
  root=${2:-$(mktemp -d)}
  keep=${2:+yes}
  mkdir -p "$out" "$root"
  root=$(cd "$root" && pwd) || exit 1
  trap root_end EXIT
  if [ ! -x "$root/usr/bin/dpkg" ]; then
    say "making a Debian root in $root"
    quietly "$out/debootstrap.log" debootstrap --variant=minbase bookworm "$root" ${WW_MIRROR:-} || exit 1
  fi
  [ -n "${WW_ROOT_FILES:-}" ] && cp -r "$WW_ROOT_FILES/." "$root/"
  cp /etc/resolv.conf "$root/etc/resolv.conf" 2>/dev/null
  inside sh -c 'getent passwd person >/dev/null || useradd -m -u 1000 -s /bin/bash person'
}

# root_mount: what a running system has and a root folder lacks
root_mount() {
  mount -t proc proc "$root/proc"
  mount -t sysfs sysfs "$root/sys"
  mkdir -p "$root/dev/pts"
  mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts" && ln -sf pts/ptmx "$root/dev/ptmx"
}

root_end() {
  umount "$root/run/netns" "$root/dev/pts" "$root/sys" "$root/proc" 2>/dev/null
  [ "$keep" = yes ] || rm -rf --one-file-system "$root"
}

# inside COMMAND...: in the root, as its administrator, nothing on standard input; person COMMAND...: as an ordinary user
inside() {
  chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 TZ=UTC \
    DEBIAN_FRONTEND=noninteractive ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} \
    "$@" </dev/null
}
person() { inside setpriv --reuid=1000 --regid=1000 --clear-groups env HOME=/home/person "$@"; }

# expect WHAT COMMAND...: says whether it held, what it printed when not, and how long it took when that was long
failed=0
expect() {
  local what=$1 started=$SECONDS took
  shift
  if "$@" >"$out/step.log" 2>&1; then
    took=$((SECONDS - started))
    [ $took -ge 60 ] && what="$what ($((took / 60)) min $((took % 60)) s)"
    printf 'ok      %s\n' "$what"
    return 0
  fi
  printf 'FAILED  %s\n' "$what"
  tail -n 40 "$out/step.log"
  failed=$((failed + 1))
  return 1
}
