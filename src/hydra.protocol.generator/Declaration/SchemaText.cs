using System.Security.Cryptography;
using System.Text;

namespace Hydra.Protocol.Generator;

/// <summary>The canonical text of the declaration, and its hash: two builds that differ in anything here must not talk.</summary>
internal static class SchemaText
{
    public static ulong Hash(WireProtocol protocol)
    {
        using var sha = SHA256.Create();
        byte[] digest = sha.ComputeHash(Encoding.UTF8.GetBytes(Canonical(protocol)));
        ulong hash = 0;
        for (int i = 7; i >= 0; i--)
        {
            hash = (hash << 8) | digest[i];
        }

        return hash;
    }

    private static string Canonical(WireProtocol protocol)
    {
        var text = new LineWriter();
        text.Line("hydra link protocol, layout 2");
        text.Line($"header {HeaderFormat.Struct} length type flags zero stream");
        foreach (WireConstant limit in protocol.Limits.OrderBy(item => item.Name, StringComparer.Ordinal))
        {
            text.Line($"limit {limit.Name} {limit.Value}");
        }

        foreach (WireEnum item in protocol.Enums)
        {
            text.Line($"enum {item.Name} {item.UnderlyingType}");
            foreach (WireConstant member in item.Members)
            {
                text.Line($"member {member.Name} {member.Value}");
            }
        }

        foreach (WireMessage message in protocol.Messages)
        {
            text.Line($"message {message.Number} {protocol.MemberOf(message)} {message.Direction} {message.Flags}");
            foreach (WireField field in message.Fields)
            {
                text.Line($"field {field.Name} {field.Kind}");
            }
        }

        foreach (WireDocument document in protocol.Documents)
        {
            text.Line($"document {document.Name} {document.PythonName}");
            foreach (DocumentField field in document.Fields)
            {
                text.Line($"field {field.Name} {field.PythonType}");
            }
        }

        return text.ToString();
    }
}
