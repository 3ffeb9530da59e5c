using Hydra.Primitives;

namespace Hydra.Configuration;

/// <summary>Which hosts are served, and what the front says without asking an application.</summary>
internal sealed record AnswerOptions
{
    /// <summary>The port of https where nothing else is said.</summary>
    public const int UsualHttpsPort = 443;

    /// <summary>Where certificates are asked for over http (RFC 8555, section 8.3).</summary>
    public static readonly IReadOnlyList<MountPlace> Challenges = [MountPlace.At("", "/.well-known/acme-challenge")];

    /// <summary>The hosts that are served; none for all.</summary>
    public IReadOnlyList<HostPattern> Hosts { get; init; } = [];

    /// <summary>Requests over http are sent to https.</summary>
    public bool RedirectsHttps { get; init; }

    /// <summary>Its port.</summary>
    public int HttpsPort { get; init; } = UsualHttpsPort;

    /// <summary>Paths that are served over http all the same.</summary>
    public IReadOnlyList<MountPlace> PlainPaths { get; init; } = Challenges;

    /// <summary>Strict-Transport-Security of answers over https, or null.</summary>
    public string? TransportSecurity { get; init; }

    /// <summary>Fields that answers get or lose.</summary>
    public IReadOnlyList<FieldRule> Fields { get; init; } = [];

    /// <summary>Paths that are sent to others.</summary>
    public IReadOnlyList<RedirectRule> Redirects { get; init; } = [];
}
