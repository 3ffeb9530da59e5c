# Leaves the server as one executable at dist\hydra.exe, for the machine that this runs on (Windows).
# Native AOT needs the C++ linker of Visual Studio ("Desktop development with C++"); everything else comes with the .NET SDK.
$ErrorActionPreference = 'Stop'

$root = Split-Path -Parent $PSScriptRoot
$dotnet = Get-Command dotnet -ErrorAction SilentlyContinue
if (-not $dotnet -or -not ((& dotnet --list-sdks) -match '^10\.')) {
    Write-Error 'publish.ps1: the .NET SDK 10 is missing: https://dotnet.microsoft.com/download/dotnet/10.0'
    exit 1
}

$machine = switch ([System.Runtime.InteropServices.RuntimeInformation]::OSArchitecture) {
    'X64' { 'x64' }
    'Arm64' { 'arm64' }
    default { Write-Error "publish.ps1: there is no Native AOT for $_"; exit 1 }
}

$programs = if (${env:ProgramFiles(x86)}) { ${env:ProgramFiles(x86)} } else { $env:ProgramFiles }
$vswhere = Join-Path $programs 'Microsoft Visual Studio\Installer\vswhere.exe'
$tools = if ($machine -eq 'arm64') { 'Microsoft.VisualStudio.Component.VC.Tools.ARM64' } else { 'Microsoft.VisualStudio.Component.VC.Tools.x86.x64' }
if (-not (Test-Path $vswhere) -or -not (& $vswhere -latest -prerelease -products * -requires $tools -property installationPath)) {
    Write-Error ('publish.ps1: the C++ linker is missing; install it with  winget install Microsoft.VisualStudio.2022.BuildTools ' +
        '--override "--add Microsoft.VisualStudio.Workload.VCTools --includeRecommended --passive"')
    exit 1
}

$output = Join-Path $root 'artifacts\publish'
Remove-Item -Recurse -Force $output -ErrorAction SilentlyContinue
& dotnet publish (Join-Path $root 'src\hydra\hydra.csproj') --nologo --verbosity quiet -c Release -r "win-$machine" -o $output
if ($LASTEXITCODE -ne 0) { exit $LASTEXITCODE }

$dist = Join-Path $root 'dist'
New-Item -ItemType Directory -Force $dist | Out-Null
$built = Join-Path $output 'hydra.exe'
& $built --version | Out-Null
if ($LASTEXITCODE -ne 0) {
    Write-Error "publish.ps1: what was built does not run: $built"
    exit 1
}

# The executable of a server that runs cannot be written to, but it can be given another name; the next publish takes that away.
$target = Join-Path $dist 'hydra.exe'
$old = Join-Path $dist 'hydra.exe.old'
Remove-Item -Force $old -ErrorAction SilentlyContinue
if (Test-Path $target) {
    Move-Item -Force $target $old
}
Copy-Item $built $target
Remove-Item -Force $old -ErrorAction SilentlyContinue
$size = (Get-Item $target).Length
Write-Output ('dist\hydra.exe: win-{0}, {1:0.0} MB' -f $machine, ($size / 1e6))
