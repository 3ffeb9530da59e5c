namespace Hydra.Configuration;

/// <summary>Options that say nothing without another one, and how somebody hears of it who has given them alone.</summary>
internal static class LoneOptions
{
    private static readonly (string Name, string[] Needs)[] All =
    [
        ("reload-dir", ["reload"]),
        ("reload-include", ["reload"]),
        ("reload-exclude", ["reload"]),
        ("metrics-routes", ["metrics", "control-socket", "dashboard"]),
        ("dashboard-token", ["dashboard"]),
        ("dashboard-host", ["dashboard"]),
        ("record", ["control-socket"]),
        ("record-memory", ["record"]),
        ("record-mask", ["record"]),
        ("trace-sample", ["trace"]),
        ("trace-service", ["trace"]),
        ("trace-header", ["trace"]),
        ("statsd-prefix", ["statsd-host"]),
        ("dogstatsd-tags", ["statsd-host"]),
    ];

    /// <summary>Sentences for the log. Variables that other programs read, too, are no sign that somebody meant this one.</summary>
    /// <param name="settings">What was said of each option.</param>
    public static IEnumerable<string> Warnings(IReadOnlyList<(Option Option, IReadOnlyList<OptionValue> Values)> settings)
    {
        HashSet<string> given = [.. settings.Where(static one => one.Values.Any(value => value.Source.Rank is not SourceRank.SharedVariable && IsOn(one.Option, value))).Select(static one => one.Option.Name)];
        return All.Where(one => given.Contains(one.Name) && !one.Needs.Any(given.Contains)).Select(static one
            => $"--{one.Name} says nothing without {(one.Needs.Length == 1 ? "" : string.Join(", ", one.Needs[..^1].Select(static name => "--" + name)) + " or ")}--{one.Needs[^1]}");
    }

    private static bool IsOn(Option option, OptionValue value)
        => option.Name == "record" ? value.Text.Trim() != "0" : !option.IsSwitch || (ValueReader.Boolean(value.Text, out bool isOn) is null && isOn);
}
