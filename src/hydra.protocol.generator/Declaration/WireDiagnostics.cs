using Microsoft.CodeAnalysis;

namespace Hydra.Protocol.Generator;

/// <summary>Everything that the generator refuses. The numbers are never reused.</summary>
internal static class WireDiagnostics
{
    public static readonly DiagnosticDescriptor NotAMessageStruct = Error(
        "HYWIRE001",
        "A message must be a readonly ref partial struct",
        "'{0}' must be a top-level, non-generic 'readonly ref partial struct' in namespace Hydra.Protocol");

    public static readonly DiagnosticDescriptor UnsupportedProperty = Error(
        "HYWIRE002",
        "The property cannot go over the wire",
        "'{0}.{1}' must be 'byte', 'ushort', 'uint', 'ulong' or 'ReadOnlySpan<byte>' with 'get' and 'init'");

    public static readonly DiagnosticDescriptor BytesWithoutLength = Error(
        "HYWIRE003",
        "Variable bytes need [WireBytes]",
        "'{0}.{1}' needs [WireBytes(...)]: the generator must know how wide its length is on the wire");

    public static readonly DiagnosticDescriptor DuplicateNumber = Error(
        "HYWIRE004",
        "The message number is taken",
        "'{0}' has the message number {1}, which '{2}' has already");

    public static readonly DiagnosticDescriptor MemberWithoutMessage = Error(
        "HYWIRE005",
        "The message type has no message",
        "MessageType.{0} has no struct with [WireMessage(MessageType.{0}, ...)]");

    public static readonly DiagnosticDescriptor MessageWithoutMember = Error(
        "HYWIRE006",
        "The message's type is not declared",
        "The message number {1} of '{0}' is not a member of MessageType");

    public static readonly DiagnosticDescriptor Incomplete = Error(
        "HYWIRE007",
        "The declaration is not complete",
        "The wire declaration is not usable: {0}");

    public static readonly DiagnosticDescriptor NameTaken = Error(
        "HYWIRE008",
        "The name is taken",
        "'{0}' would be called {1} in {3}, and so would '{2}'; rename one, or give its enum another PythonPrefix");

    public static readonly DiagnosticDescriptor LengthWithoutBytes = Error(
        "HYWIRE009",
        "[WireBytes] is for ReadOnlySpan<byte>",
        "'{0}.{1}' has [WireBytes], but its type is not 'ReadOnlySpan<byte>'");

    public static readonly DiagnosticDescriptor Drift = Error(
        "HYWIRE010",
        "A generated file is not what the declaration says",
        "{0} {1}; run build/wire.sh");

    public static readonly DiagnosticDescriptor ReservedName = Error(
        "HYWIRE011",
        "The generated code needs the name",
        "'{0}.{1}' has a name that the generated code needs for itself; choose another");

    public static readonly DiagnosticDescriptor UnsupportedDocumentProperty = Error(
        "HYWIRE012",
        "The property cannot stand in a document",
        "'{0}.{1}' must be 'string', 'int' or 'bool'");

    private static DiagnosticDescriptor Error(string id, string title, string message) =>
        new(id, title, message, "Hydra.Wire", DiagnosticSeverity.Error, isEnabledByDefault: true);
}
