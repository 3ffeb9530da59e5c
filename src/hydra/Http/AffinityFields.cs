using System.Text;

namespace Hydra.Http;

/// <summary>
/// The header fields by which an application learns the key of a request, and whether it has moved. They are the front's alone: those of clients are left out, also in the
/// spellings that CGI's names make the same of (RFC 3875, section 4.1.18).
/// </summary>
internal static class AffinityFields
{
    /// <summary>The field that has the key.</summary>
    public static ReadOnlySpan<byte> Key => "x-hydra-affinity"u8;

    /// <summary>The field that says whether the key has moved: 1, or 0.</summary>
    public static ReadOnlySpan<byte> Moved => "x-hydra-affinity-moved"u8;

    /// <summary>Leaves out all that clients may send under these names.</summary>
    public static HeaderEdits Removal { get; } = new([.. Spellings(Encoding.ASCII.GetString(Key)), .. Spellings(Encoding.ASCII.GetString(Moved))], []);

    /// <summary>Whether a field has one of these names.</summary>
    /// <param name="name">A name in lower case.</param>
    public static bool Is(ReadOnlySpan<byte> name)
    {
        if (name.Length != Key.Length && name.Length != Moved.Length)
        {
            return false;
        }

        for (int i = 0; i < name.Length; i++)
        {
            if ((name[i] == '_' ? (byte)'-' : name[i]) != Moved[i])
            {
                return false;
            }
        }

        return true;
    }

    private static IEnumerable<string> Spellings(string name)
    {
        int dash = name.IndexOf('-', StringComparison.Ordinal);
        return dash < 0 ? [name] : Spellings(name[(dash + 1)..]).SelectMany(rest => new[] { $"{name[..dash]}-{rest}", $"{name[..dash]}_{rest}" });
    }
}
