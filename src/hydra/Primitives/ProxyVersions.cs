namespace Hydra.Primitives;

/// <summary>Versions of the PROXY protocol.</summary>
[Flags]
internal enum ProxyVersions
{
    /// <summary>None: connections begin with what their clients send.</summary>
    None = 0,

    /// <summary>Version 1: a line.</summary>
    One = 1,

    /// <summary>Version 2: binary.</summary>
    Two = 2,
}
