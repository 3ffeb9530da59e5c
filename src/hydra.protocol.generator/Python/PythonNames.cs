using System.Text;
using System.Text.RegularExpressions;

namespace Hydra.Protocol.Generator;

/// <summary>What the declaration's names become in wire.py.</summary>
internal static class PythonNames
{
    /// <summary>Names that wire.py uses for its own things, whatever is declared.</summary>
    private static readonly string[] Own =
        ["Buffer", "Struct", "Union", "WireError", "SCHEMA_HASH", "HEADER", "FROM_FRONT", "FROM_WORKER"];

    /// <summary>Keywords that are lower case, and what else a parameter of pack_… must not be called.</summary>
    private static readonly HashSet<string> NotForParameters = new(StringComparer.Ordinal)
    {
        "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif", "else", "except",
        "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal", "not", "or", "pass",
        "raise", "return", "try", "while", "with", "yield", "stream", "flags", "payload", "size", "head", "len", "bytes",
    };

    public static string Upper(string name) => Snake(name).ToUpperInvariant();

    /// <summary>RawPath becomes raw_path. unpack_… calls its own variables size1, end1 and so on.</summary>
    public static string Parameter(string name)
    {
        string snake = Snake(name);
        bool taken = NotForParameters.Contains(snake) || Regex.IsMatch(snake, "^(size|end)[0-9]+$");
        return taken ? snake + "_" : snake;
    }

    public static string Snake(string name)
    {
        var text = new StringBuilder();
        for (int i = 0; i < name.Length; i++)
        {
            bool startsWord = i > 0 && char.IsUpper(name[i])
                && (!char.IsUpper(name[i - 1]) || (i + 1 < name.Length && char.IsLower(name[i + 1])));
            text.Append(startsWord ? "_" : "").Append(char.ToLowerInvariant(name[i]));
        }

        return text.ToString();
    }

    /// <summary>Every name at the top level of wire.py, with where it comes from.</summary>
    public static IEnumerable<(string Python, string Origin, LocationInfo Location)> Of(WireProtocol protocol)
    {
        foreach (string name in Own)
        {
            yield return (name, "wire.py itself", LocationInfo.None);
        }

        foreach (WireConstant limit in protocol.Limits)
        {
            yield return (Upper(limit.Name), "ProtocolLimits." + limit.Name, LocationInfo.None);
        }

        foreach (WireEnum item in protocol.Enums)
        {
            foreach (WireConstant member in item.Members)
            {
                yield return (item.PythonPrefix + Upper(member.Name), item.Name + "." + member.Name, item.Location);
            }
        }

        foreach (WireDocument document in protocol.Documents)
        {
            yield return (document.PythonName, document.Name, document.Location);
        }

        foreach (WireMessage message in protocol.Messages.Where(item => item.Fields.Count > 0))
        {
            yield return (Upper(protocol.MemberOf(message)) + "_FIELDS", message.Name, message.Location);
        }
    }
}
