using Hydra.Protocol;

namespace Hydra.Workers.Supervision;

/// <summary>Why a worker goes. docs/workers.md shows <see cref="RetireRules"/>.</summary>
internal enum RetireReason
{
    /// <summary>All workers are replaced by such with the present code: SIGHUP.</summary>
    Reload,

    /// <summary>It has served as many requests as --max-requests allows.</summary>
    MaxRequests,

    /// <summary>It uses more memory than --worker-max-rss allows.</summary>
    MaxRss,

    /// <summary>It is as old as --worker-max-lifetime allows.</summary>
    MaxLifetime,

    /// <summary>The process that it was forked from has ended.</summary>
    TemplateLost,

    /// <summary>It does not come back from what it does.</summary>
    Hung,

    /// <summary>There are to be fewer workers.</summary>
    ScaleDown,

    /// <summary>The server stops.</summary>
    Stop,

    /// <summary>Its links say what the protocol does not allow.</summary>
    BrokeProtocol,

    /// <summary>One of its links has closed.</summary>
    LinkLost,

    /// <summary>Somebody has asked for another in its place.</summary>
    Asked,
}

/// <summary>What a reason to retire means.</summary>
/// <param name="Reason">The reason.</param>
/// <param name="When">What brings it about.</param>
/// <param name="ReplacementFirst">Whether it serves until its replacement is ready.</param>
/// <param name="Drains">Whether it may finish its requests.</param>
/// <param name="Urgency">Which is dealt with first: what is greater.</param>
/// <param name="Text">The reason in a log line.</param>
internal sealed record RetireRule(RetireReason Reason, string When, bool ReplacementFirst, bool Drains, int Urgency, string Text)
{
    /// <summary>What connections are told that go on in another worker; null where they end.</summary>
    public ResumeReason? Resumes => Reason switch
    {
        RetireReason.Reload => ResumeReason.Reload,
        RetireReason.MaxRequests or RetireReason.MaxRss or RetireReason.MaxLifetime or RetireReason.TemplateLost => ResumeReason.Recycle,
        RetireReason.Hung => ResumeReason.Hang,
        RetireReason.ScaleDown => ResumeReason.Scale,
        RetireReason.Asked => ResumeReason.Restart,
        _ => null,
    };
}

/// <summary>The table of reasons to retire.</summary>
internal static class RetireRules
{
    /// <summary>One row for each reason.</summary>
    public static IReadOnlyList<RetireRule> All { get; } =
    [
        new(RetireReason.Reload, "SIGHUP", true, true, 3, "reload"),
        new(RetireReason.MaxRequests, "it has served `--max-requests`", true, true, 1, "it has served its number of requests"),
        new(RetireReason.MaxRss, "its memory exceeds `--worker-max-rss`", true, true, 2, "it uses too much memory"),
        new(RetireReason.MaxLifetime, "it is as old as `--worker-max-lifetime`", true, true, 1, "it has reached its age"),
        new(RetireReason.TemplateLost, "the template process that it was forked from has died", true, true, 2, "the process that it was forked from has ended"),
        new(RetireReason.Hung, "it does not come back from what it does", true, true, 4, "it hangs"),
        new(RetireReason.ScaleDown, "SIGTTOU, or the queue delay allows fewer workers", false, true, 0, "fewer workers are wanted"),
        new(RetireReason.Stop, "the server stops", false, true, 0, "the server stops"),
        new(RetireReason.BrokeProtocol, "its links say what the protocol does not allow", false, false, 0, "it broke the link protocol"),
        new(RetireReason.LinkLost, "one of its links has closed", false, false, 0, "it lost a link"),
        new(RetireReason.Asked, "`hydra ctl restart-worker`", true, true, 4, "somebody has asked for it"),
    ];

    /// <summary>The row of a reason.</summary>
    public static RetireRule Rule(this RetireReason reason) => All[(int)reason];
}
