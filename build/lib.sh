# What the scripts in this directory share; read with "." after $root is set.

# CI machines and fresh accounts have no home that first-run messages or telemetry could be meant for.
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1
export DOTNET_CLI_HOME="${DOTNET_CLI_HOME:-${HOME:-$root/artifacts}}"

# fail SENTENCE: ends the script.
fail() {
    echo "$(basename "$0"): $1" >&2
    exit 1
}

# need_dotnet: ends the script with a sentence unless an SDK of version 10 is there.
need_dotnet() {
    if ! command -v dotnet >/dev/null; then
        fail "the .NET SDK 10 is missing: https://dotnet.microsoft.com/download/dotnet/10.0"
    fi
    if ! dotnet --list-sdks | grep -q '^10\.'; then
        fail "the .NET SDK 10 is missing (found: $(dotnet --list-sdks | cut -d' ' -f1 | tr '\n' ' ')): https://dotnet.microsoft.com/download/dotnet/10.0"
    fi
}

# install_packages WHAT PACKAGE...: installs Debian packages, or says what to install.
install_packages() {
    what=$1
    shift
    if ! command -v apt-get >/dev/null; then
        fail "$what is missing; on Debian it would be in the packages: $*"
    fi
    if [ "$(id -u)" = 0 ]; then
        as_root=env
    elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
        as_root="sudo env"
    else
        fail "$what is missing and this is not root; run:  sudo apt-get install --no-install-recommends $*"
    fi
    echo "installing $*"
    $as_root apt-get update -qq </dev/null
    $as_root DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends "$@" </dev/null
}
