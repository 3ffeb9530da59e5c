using System.Text;
using System.Text.Unicode;

namespace Hydra.Workers.Processes;

/// <summary>
/// Strings of the system, which need not be text, in a document that is: each byte is the character of the same number (Latin-1), and a
/// NUL, which none of them has, stands between two strings.
/// </summary>
internal static class OddBytes
{
    /// <summary>The strings as text.</summary>
    public static string Join(IEnumerable<byte[]> strings) => string.Join('\0', strings.Select(Encoding.Latin1.GetString));

    /// <summary>Those of the strings that are not UTF-8.</summary>
    public static IEnumerable<byte[]> Among(IEnumerable<byte[]> strings) => strings.Where(static text => !Utf8.IsValid(text));
}
