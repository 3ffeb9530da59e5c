#!/bin/sh
# Writes docs/options.md and docs/hydra.1 from the table of options, the table in docs/migrate.md from that of other servers' words, and those of messages in
# docs/protocol.md from their declaration.
set -eu
cd "$(dirname "$0")/.."
UPDATE_OPTIONS_DOC=1 dotnet test src/hydra.tests -m:1 --filter "FullyQualifiedName~OptionsDocumentTests|FullyQualifiedName~MigrationDocumentTests|FullyQualifiedName~ManualPageTests|FullyQualifiedName~ProtocolDocumentTests"
