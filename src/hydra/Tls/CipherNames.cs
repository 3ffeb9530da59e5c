using System.Net.Security;

namespace Hydra.Tls;

/// <summary>Names of cipher suites, as OpenSSL and as the registry (RFC 8446, RFC 5289) spell them.</summary>
internal static class CipherNames
{
    private static readonly Dictionary<string, TlsCipherSuite> Known = Enum.GetValues<TlsCipherSuite>()
        .SelectMany(static suite => new[] { (Name: suite.ToString(), Suite: suite), (Name: OfOpenSsl(suite.ToString()), Suite: suite) })
        .DistinctBy(static pair => pair.Name)
        .ToDictionary(static pair => pair.Name, static pair => pair.Suite, StringComparer.OrdinalIgnoreCase);

    /// <summary>Reads a list, divided by colons, commas or spaces.</summary>
    /// <returns>Null, or what is wrong with it.</returns>
    public static string? Read(string text, out IReadOnlyList<TlsCipherSuite> suites)
    {
        List<TlsCipherSuite> found = [];
        suites = found;
        foreach (string name in text.Split([':', ',', ' '], StringSplitOptions.RemoveEmptyEntries))
        {
            if (!Known.TryGetValue(name, out TlsCipherSuite suite))
            {
                return $"\"{name}\" is not the name of a cipher suite, such as ECDHE-RSA-AES128-GCM-SHA256; classes and exceptions (HIGH, !aNULL) are not known.";
            }

            found.Add(suite);
        }

        return found.Count == 0 ? "it names no cipher suite." : null;
    }

    // TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 is ECDHE-RSA-AES128-GCM-SHA256 there; those of TLS 1.3 have the same name.
    private static string OfOpenSsl(string name)
    {
        if (!name.Contains("_WITH_", StringComparison.Ordinal))
        {
            return name;
        }

        string[] halves = name["TLS_".Length..].Split("_WITH_");
        string cipher = halves[1].Replace("AES_128", "AES128", StringComparison.Ordinal).Replace("AES_256", "AES256", StringComparison.Ordinal)
            .Replace("CHACHA20_POLY1305_SHA256", "CHACHA20-POLY1305", StringComparison.Ordinal).Replace("_CBC", "", StringComparison.Ordinal);
        return $"{(halves[0] == "RSA" ? "" : halves[0] + "-")}{cipher}".Replace('_', '-');
    }
}
