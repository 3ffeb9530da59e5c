using Hydra.Primitives;

namespace Hydra.Configuration;

/// <summary>The page on which the server shows itself.</summary>
internal sealed record DashboardOptions
{
    /// <summary>So many characters a token has at least: with fewer it could be guessed.</summary>
    public const int ShortestToken = 16;

    /// <summary>The token, or @ and the file that has it; null to make one at the start.</summary>
    public string? Token { get; init; }

    /// <summary>Names by which browsers may ask for it, beside localhost and addresses.</summary>
    public IReadOnlyList<HostPattern> Hosts { get; init; } = [];

    /// <summary>Sees whether a token will do.</summary>
    /// <returns>Null, or what is wrong with it, without it.</returns>
    public static string? ProblemOf(string token)
        => token.AsSpan().ContainsAnyExceptInRange('!', '~') ? "the token has blanks or characters that a field of HTTP cannot have."
            : token.Length < ShortestToken ? $"the token has {token.Length} characters: fewer than {ShortestToken} could be guessed."
            : null;
}
