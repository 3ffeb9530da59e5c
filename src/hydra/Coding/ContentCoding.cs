namespace Hydra.Coding;

/// <summary>The content codings that the front knows (RFC 9110, section 8.4.1; RFC 7932; RFC 8878).</summary>
internal enum ContentCoding
{
    /// <summary>None: the bytes as they are.</summary>
    Identity,

    /// <summary>gzip, also called x-gzip.</summary>
    Gzip,

    /// <summary>Brotli.</summary>
    Brotli,

    /// <summary>Zstandard.</summary>
    Zstd,

    /// <summary>zlib's format. Taken from clients, never sent: what that word means has been read in two ways.</summary>
    Deflate,
}

/// <summary>The names of content codings, as fields have them.</summary>
internal static class ContentCodings
{
    private static readonly string[] Names = ["identity", "gzip", "br", "zstd", "deflate"];

    /// <summary>How many there are.</summary>
    public static int Count => Names.Length;

    /// <summary>The coding's name.</summary>
    public static string Name(this ContentCoding coding) => Names[(int)coding];

    /// <summary>The codings that bodies of requests are decoded of, as Accept-Encoding of an answer has them (RFC 9110, section 12.5.3).</summary>
    public const string Decoded = "gzip, deflate, br, zstd";

    // More than anybody has a reason for; each costs memory.
    private const int MostDecoded = 4;

    /// <summary>The codings that Content-Encoding names (RFC 9110, section 8.4), in the order in which they were applied, without identity.</summary>
    /// <param name="value">The value of the field; of several lines with commas between them.</param>
    /// <returns>Null where one of them is not known, or there are more than anybody has.</returns>
    public static IReadOnlyList<ContentCoding>? ReadList(string value)
    {
        List<ContentCoding> codings = [];
        foreach (string part in value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (!TryParse(part, out ContentCoding coding) || codings.Count == MostDecoded)
            {
                return null;
            }

            if (coding is not ContentCoding.Identity)
            {
                codings.Add(coding);
            }
        }

        return codings;
    }

    /// <summary>The coding of this name, in any case.</summary>
    /// <returns>False when there is none.</returns>
    public static bool TryParse(ReadOnlySpan<char> name, out ContentCoding coding)
    {
        for (int i = 0; i < Names.Length; i++)
        {
            if (name.Equals(Names[i], StringComparison.OrdinalIgnoreCase))
            {
                coding = (ContentCoding)i;
                return true;
            }
        }

        // RFC 9110, section 8.4.1.3.
        coding = name.Equals("x-gzip", StringComparison.OrdinalIgnoreCase) ? ContentCoding.Gzip : ContentCoding.Identity;
        return coding is not ContentCoding.Identity;
    }
}
