using Hydra.Primitives;

namespace Hydra.Configuration;

/// <content>Which requests are kept together.</content>
internal static partial class OptionTable
{
    private static IEnumerable<Option> AffinityRows =>
    [
        new()
        {
            Name = "affinity", Placeholder = "KIND:NAME", Default = "off", Group = OptionGroup.Queue,
            Help = "Requests with the same key go to the same worker: header:NAME, cookie:NAME, query:NAME, path:N (the Nth part of the path; path:N-M for "
                + "several), or client for the address. The application finds the key in the header X-Hydra-Affinity, and in X-Hydra-Affinity-Moved "
                + "whether this worker process was not the last one to serve it (1) or was (0).",
            Binder = Section.Affinity.Item<AffinitySource?>(AffinityText.Read, static (o, v) => o with { Source = v }),
        },
        new()
        {
            Name = "affinity-wait", Placeholder = "TIME", Default = "1s", Group = OptionGroup.Queue,
            Help = "How long a request waits for its own worker while that is being replaced or has no room, before it goes to another. With 0 it does not wait.",
            Binder = Section.Affinity.Duration(TimeSpan.Zero, static (o, v) => o with { Wait = v }),
        },
        new()
        {
            Name = "affinity-cookie", Default = "false", Group = OptionGroup.Queue,
            Help = "The server makes the cookie that --affinity cookie:NAME names: a number at random, signed, for the time of the browser's session.",
            Binder = Section.Affinity.Switch(static (o, v) => o with { MakesCookie = v }),
        },
        new()
        {
            Name = "affinity-secret", Placeholder = "TEXT", Default = "(at random, at each start)", Group = OptionGroup.Queue,
            Help = "What signs the cookie of --affinity-cookie: the same text keeps cookies good over restarts, and at several servers. At least 16 characters; better in the "
                + "environment than on the command line, which others see.",
            Binder = Section.Affinity.Read(BindSecret),
        },
    ];

    private static string? BindSecret(string text, AffinityOptions before, out AffinityOptions after)
    {
        after = before with { Secret = text };
        return text.Length >= AffinityText.ShortestSecret ? null : $"the secret has fewer than {AffinityText.ShortestSecret} characters.";
    }
}
