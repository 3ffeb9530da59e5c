#!/bin/sh
# Writes docs/options.md from the table of options.
set -eu
cd "$(dirname "$0")/.."
UPDATE_OPTIONS_DOC=1 dotnet test src/hydra.tests -m:1 --filter "FullyQualifiedName~OptionsDocumentTests"
