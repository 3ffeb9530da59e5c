namespace Hydra.Primitives;

/// <summary>What a proxy is believed to say about its client's request.</summary>
[Flags]
internal enum ForwardedAspects
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Who the client is.</summary>
    For = 1,

    /// <summary>Whether it came by HTTPS.</summary>
    Proto = 2,

    /// <summary>Which host it has asked for.</summary>
    Host = 4,

    /// <summary>At which port.</summary>
    Port = 8,

    /// <summary>Below which path the proxy shows the application.</summary>
    Prefix = 16,

    /// <summary>Of Forwarded (RFC 7239) alone, and not of X-Forwarded-For, -Proto and -Host.</summary>
    Standard = 32,
}

/// <summary>What becomes of header fields whose names have an underscore.</summary>
internal enum HeaderMap
{
    /// <summary>They are left out.</summary>
    Drop,

    /// <summary>The request is refused.</summary>
    Refuse,

    /// <summary>They are fields as all others.</summary>
    Dangerous,
}
