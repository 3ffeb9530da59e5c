#!/bin/sh
# Writes docs/options.md from the table of options, and the table in docs/migrate.md from that of other servers' words.
set -eu
cd "$(dirname "$0")/.."
UPDATE_OPTIONS_DOC=1 dotnet test src/hydra.tests -m:1 --filter "FullyQualifiedName~OptionsDocumentTests|FullyQualifiedName~MigrationDocumentTests"
