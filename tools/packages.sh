# Sourced by the scripts beside it: install what tools/packages names and this machine lacks.

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

# packages_for WHEN...: the names in tools/packages that are needed then
packages_for() {
  local wanted=" $* " name when _why
  while read -r name when _why; do
    case "$name" in '' | '#'*) continue ;; esac
    case "$wanted" in *" $when "*) printf '%s\n' "$name" ;; esac
  done <"$top/tools/packages"
}

# packages_missing NAME...: those of them that dpkg does not know as installed
packages_missing() {
  local have
  have=" $(dpkg-query -W -f '${db:Status-Status}=${Package} ' "$@" 2>/dev/null) "
  for name in "$@"; do
    case "$have" in *" installed=$name "*) ;; *) printf '%s\n' "$name" ;; esac
  done
}

# packages_install WHEN...: makes sure that what tools/packages names is there; false with a message otherwise
packages_install() {
  # shellcheck disable=SC2207
  local all=($(packages_for "$@"))
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    command -v meson >/dev/null && command -v ninja >/dev/null && command -v cc >/dev/null && return 0
    say "this is not Debian or a system like it: install what these Debian packages hold, then try again:"
    say "${all[*]}"
    return 1
  fi
  packages_install_names "${all[@]}"
}

# packages_install_names NAME...: the same for these Debian packages
packages_install_names() {
  local as_root=()
  # shellcheck disable=SC2207 # names without spaces; a bare root without /proc has no <(...)
  local missing=($(packages_missing "$@"))
  [ ${#missing[@]} -eq 0 ] && return 0
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || {
      say "needs ${missing[*]}; run as root: apt-get update; apt-get install ${missing[*]}"
      return 1
    }
    as_root=(sudo)
  fi
  say "installing ${missing[*]}"
  packages_apt "${missing[@]}"
}

# packages_apt NAME...: quietly; the log only when it fails. Servers among them are for tests: they neither start nor
# are enabled.
packages_apt() {
  local log status=0 quiet=/usr/sbin/policy-rc.d
  log=$(mktemp)
  [ -e $quiet ] && quiet=
  [ -n "$quiet" ] && printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee $quiet >/dev/null && "${as_root[@]}" chmod 755 $quiet
  {
    "${as_root[@]}" apt-get update -q &&
      "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@"
  } </dev/null >"$log" 2>&1 || status=1
  [ -n "$quiet" ] && "${as_root[@]}" rm -f $quiet
  packages_disable "$@"
  if [ $status -ne 0 ]; then
    tail -n 20 "$log" >&2
    say "apt-get could not install $*"
  fi
  rm -f "$log"
  return $status
}

# packages_disable NAME...: the servers that came with these packages do not start with the machine either
packages_disable() {
  local name
  command -v systemctl >/dev/null || return 0
  for name; do
    case "$name" in
      samba) "${as_root[@]}" systemctl --quiet disable smbd nmbd samba-ad-dc ;;
      nginx-light) "${as_root[@]}" systemctl --quiet disable nginx ;;
    esac
  done </dev/null >/dev/null 2>&1
  return 0
}

# quietly LOG COMMAND...: its output only when it fails
quietly() {
  local log=$1
  shift
  "$@" </dev/null >"$log" 2>&1 && return 0
  tail -n 40 "$log" >&2
  return 1
}
