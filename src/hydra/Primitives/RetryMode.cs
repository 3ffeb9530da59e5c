namespace Hydra.Primitives;

/// <summary>Which requests are sent to another worker when theirs has died before it answered.</summary>
internal enum RetryMode
{
    /// <summary>Those whose method may be repeated (RFC 9110, section 9.2.2).</summary>
    Idempotent,

    /// <summary>All.</summary>
    Always,

    /// <summary>None but those that the worker has given back unbegun.</summary>
    Never,
}
