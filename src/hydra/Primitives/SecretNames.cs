namespace Hydra.Primitives;

/// <summary>Names of fields whose values nobody is to see who looks at requests: of headers, of queries, of forms and of JSON.</summary>
internal static class SecretNames
{
    /// <summary>What stands in the place of a value.</summary>
    public const string Mask = "***";

    // Compared without case, dashes and underscores, wherever they stand in a name.
    private static readonly string[] Parts =
    [
        "password", "passwd", "passphrase", "secret", "token", "apikey", "accesskey", "privatekey", "authorization", "cookie", "credential", "signature", "session", "csrf", "xsrf",
        "creditcard", "cardnumber", "iban", "jwt",
    ];

    // Too short to stand anywhere.
    private static readonly string[] Whole = ["auth", "pwd", "pw", "pin", "otp", "cvc", "cvv", "ssn", "sig", "key", "code", "sid", "bearer"];

    /// <summary>Whether a field of this name is one.</summary>
    public static bool Is(string name)
    {
        string plain = name.Replace("-", "", StringComparison.Ordinal).Replace("_", "", StringComparison.Ordinal).ToLowerInvariant();
        return Array.Exists(Whole, one => one == plain) || Array.Exists(Parts, one => plain.Contains(one, StringComparison.Ordinal));
    }
}
