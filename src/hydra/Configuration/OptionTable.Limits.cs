using Hydra.Primitives;

namespace Hydra.Configuration;

/// <content>How many connections and requests clients may have.</content>
internal static partial class OptionTable
{
    private const int MaximumConnections = 10_000_000;

    private static IEnumerable<Option> LimitRows =>
    [
        new()
        {
            Name = "limit-connections", Aliases = ["maxconn"], Placeholder = "N|auto", Default = "auto", Group = OptionGroup.Limits,
            Help = "Refuse more connections with 503, or over TLS by closing them. auto takes as many as there is memory for: one for each 32 KiB of "
                + "--memory-limit, and 256 in any case, those at rest not counted. 0 counts none. More than there are descriptors for, but those that workers need, wait.",
            Binder = Section.Limits.CountOrAuto(MaximumConnections, static (o, v) => o with { Connections = v }),
        },
        new()
        {
            Name = "limit-connections-per-ip", Aliases = ["maxconnperip"], Placeholder = "N|auto", Default = "auto", Group = OptionGroup.Limits,
            Help = "Refuse more connections of one address with 429, or over TLS by closing them; of IPv6 the network (/64) counts. Not those of this "
                + "machine. Behind a proxy all have the proxy's address. auto is half of what --limit-connections auto comes to, but for proxies that are "
                + "trusted, and any number with another value of that. 0 takes any number.",
            Binder = Section.Limits.CountOrAuto(MaximumConnections, static (o, v) => o with { ConnectionsPerAddress = v }),
        },
        new()
        {
            Name = "limit-requests-per-connection", Aliases = ["maxreqperconn"], Placeholder = "N", Default = "0", Group = OptionGroup.Limits,
            Help = "End a connection in order after so many requests: Connection: close, or GOAWAY. 0 for any number.",
            Binder = Section.Limits.Integer(0, int.MaxValue, static (o, v) => o with { RequestsPerConnection = v }),
        },
        new()
        {
            Name = "rate-limit", Placeholder = "RATE", Repeatable = true, Group = OptionGroup.Limits,
            Help = "Refuse what a client asks more often with 429: 100/s, 5/m or 1000/h, \"100/s,burst=200\" for how many may come at once, "
                + "\"/login: 5/m\" for a path and what is below. May be repeated: all that are for a path hold.",
            Binder = OptionBinder.OfServer(BindRate),
        },
        new()
        {
            Name = "rate-limit-by", Placeholder = "address|NAME", Default = "address", Group = OptionGroup.Limits,
            Help = "The header field that tells clients apart for --rate-limit, such as X-API-Key; those without it by their address.",
            Binder = OptionBinder.OfServer(BindRateKey),
        },
    ];

    // A variable is divided at commas and spaces: what belongs to the rate before comes behind it.
    private static string? BindRate(ServerDraft draft, OptionValue value)
    {
        IReadOnlyList<RateLimit> rates = draft.Options.Limits.Rates;
        if (rates.Count > 0 && RateText.TryBurst(value.Text.Trim(), out int burst))
        {
            Set(draft, [.. rates.SkipLast(1), rates[^1] with { Burst = burst }]);
            return null;
        }

        string? problem = RateText.Read(value.Text, out RateLimit limit);
        Set(draft, [.. rates, limit]);
        return problem;
    }

    private static string? BindRateKey(ServerDraft draft, OptionValue value)
    {
        string name = value.Text.Trim();
        name = name.StartsWith("header:", StringComparison.OrdinalIgnoreCase) ? name["header:".Length..].Trim() : name;
        bool isAddress = name.Equals("address", StringComparison.OrdinalIgnoreCase) || name.Equals("ip", StringComparison.OrdinalIgnoreCase);
        draft.Options = draft.Options with { Limits = draft.Options.Limits with { RateBy = isAddress ? null : name } };
        bool isName = name.Length > 0 && name.All(static c => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c));
        return isName ? null : $"\"{value.Text}\" is neither \"address\" nor the name of a header field.";
    }

    private static void Set(ServerDraft draft, IReadOnlyList<RateLimit> rates)
        => draft.Options = draft.Options with { Limits = draft.Options.Limits with { Rates = rates } };
}
