using Hydra.Diagnostics;

namespace Hydra.Configuration;

/// <content>The statsd daemon.</content>
internal static partial class OptionTable
{
    private static IEnumerable<Option> StatsdRows =>
    [
        new()
        {
            Name = "statsd-host", Placeholder = "ADDRESS", Default = "(off)", Group = OptionGroup.Logging,
            Help = "Tell a statsd daemon at host:port or unix:///path, by datagrams, of requests, how long they took, the queue, the workers and the log's "
                + "errors, under gunicorn's names.",
            Binder = OptionBinder.OfServer(static (draft, value) =>
            {
                string? problem = StatsdAddress.TryRead(value.Text, out StatsdAddress address);
                draft.Options = draft.Options with { Statsd = draft.Options.Statsd with { Address = address } };
                return problem;
            }),
        },
        new()
        {
            Name = "statsd-prefix", Placeholder = "TEXT", Group = OptionGroup.Logging,
            Help = "What stands in front of the names, with a dot behind it.",
            Binder = BindStatsd(static (o, v) => o with { Prefix = v }, ":|@#\n"),
        },
        new()
        {
            Name = "dogstatsd-tags", Placeholder = "TAGS", Group = OptionGroup.Logging,
            Help = "Tags of DogStatsD for every figure: name:value,name:value.",
            Binder = BindStatsd(static (o, v) => o with { Tags = v }, "|#\n"),
        },
    ];

    // What divides the parts of a line cannot be in one of them.
    private static OptionBinder BindStatsd(Func<StatsdOptions, string, StatsdOptions> set, string without) => OptionBinder.OfServer((draft, value) =>
    {
        draft.Options = draft.Options with { Statsd = set(draft.Options.Statsd, value.Text.Trim()) };
        return value.Text.AsSpan().IndexOfAny(without) is >= 0 and var at ? $"\"{value.Text}\" has a \"{(value.Text[at] == '\n' ? "\\n" : value.Text[at])}\", which statsd reads as the end of it." : null;
    });
}
