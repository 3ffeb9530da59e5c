namespace Hydra.Primitives;

/// <summary>Of what kind the keys are by which requests are kept together.</summary>
internal enum AffinityKind
{
    /// <summary>The value of a header field.</summary>
    Header,

    /// <summary>The value of a cookie.</summary>
    Cookie,

    /// <summary>Segments of the path.</summary>
    Path,

    /// <summary>The client's address.</summary>
    Client,

    /// <summary>A value of the query.</summary>
    Query,
}

/// <summary>Where the key of a request is found, by which it is kept together with others.</summary>
/// <param name="Kind">Of what kind it is.</param>
/// <param name="Name">The name of the field, the cookie or the value; empty for others.</param>
/// <param name="First">The first segment of the path that counts, from 1; 0 for others.</param>
/// <param name="Last">The last one.</param>
internal sealed record AffinitySource(AffinityKind Kind, string Name = "", int First = 0, int Last = 0);
