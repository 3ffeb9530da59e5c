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
