namespace Hydra.Configuration;

/// <content>When workers are replaced, added and removed.</content>
internal static partial class OptionTable
{
    private static IEnumerable<Option> ReplacementRows =>
    [
        new()
        {
            Name = "max-requests", Aliases = ["limit-max-requests"], Placeholder = "N", Default = "0", Group = OptionGroup.Workers,
            Help = "Replace a worker after so many requests; 0 means never. It serves until its replacement is ready, so it may get more: what comes "
                + "while the application starts.",
            Binder = Section.Replacement.Integer(0, int.MaxValue, static (o, v) => o with { MaxRequests = v }),
        },
        new()
        {
            Name = "max-requests-jitter", Aliases = ["limit-max-requests-jitter"], Placeholder = "N", Default = "0",
            Group = OptionGroup.Workers,
            Help = "Up to so many requests more, a number of its own for each worker.",
            Binder = Section.Replacement.Integer(0, int.MaxValue, static (o, v) => o with { MaxRequestsJitter = v }),
        },
        new()
        {
            Name = "worker-max-rss", Placeholder = "SIZE", Default = "0", Group = OptionGroup.Workers,
            Help = "Replace a worker whose resident memory is larger, such as 512m; 0 means never.",
            Binder = Section.Replacement.Size(0, 1L << 50, static (o, v) => o with { MaxRss = v }),
        },
        new()
        {
            Name = "worker-max-lifetime", Aliases = ["workers-lifetime"], Placeholder = "TIME", Default = "0", Group = OptionGroup.Workers,
            Help = "Replace a worker at this age, or up to a tenth sooner, so that not all go at once; 0 means never.",
            Binder = Section.Replacement.Duration(TimeSpan.Zero, TimeSpan.FromDays(366), static (o, v) => o with { MaxLifetime = v }),
        },
        new()
        {
            Name = "replace", Placeholder = OptionNames.Join(OptionNames.ReplaceModes), Default = "auto", Group = OptionGroup.Workers,
            Help = "Whether a worker serves until its replacement is ready (overlap), or ends first and requests wait (stop-first): for applications "
                + "with something that only one process can have, such as a port, a lock or most of the memory. With auto it ends first where two "
                + "replacements could not start beside it for such a reason.",
            Binder = Section.Replacement.Choice(OptionNames.ReplaceModes, static (o, v) => o with { Mode = v }),
        },
        new()
        {
            Name = "scale-delay", Placeholder = "TIME", Default = "20ms", Group = OptionGroup.Workers,
            Help = "With --workers MIN:MAX: start another worker when requests keep waiting longer than this.",
            Binder = Section.Workers.Duration(TimeSpan.FromMilliseconds(1), static (o, v) => o with { ScaleDelay = v }),
        },
        new()
        {
            Name = "scale-idle", Placeholder = "TIME", Default = "30s", Group = OptionGroup.Workers,
            Help = "With --workers MIN:MAX: stop a worker when one less was enough for this long.",
            Binder = Section.Workers.Duration(TimeSpan.FromSeconds(1), static (o, v) => o with { ScaleIdle = v }),
        },
    ];
}
