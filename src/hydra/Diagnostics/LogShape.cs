namespace Hydra.Diagnostics;

/// <summary>How lines of the <see cref="ServerLog"/> look.</summary>
internal sealed record LogShape
{
    /// <summary>The colours of a terminal.</summary>
    public bool UseColors { get; init; }

    /// <summary>An object a line.</summary>
    public bool AsJson { get; init; }

    /// <summary>Each line begins with its priority, such as &lt;3&gt;, for the journal or for syslog (sd-daemon(3), RFC 5424, section 6.2.1).</summary>
    public bool HasPriorities { get; init; }

    /// <summary>Lines of text begin with the time; who keeps them has his own where they do not.</summary>
    public bool HasTime { get; init; } = true;
}
