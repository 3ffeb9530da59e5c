using Hydra.Primitives;

namespace Hydra.Configuration;

/// <content>The page on which the server shows itself.</content>
internal static partial class OptionTable
{
    private static IEnumerable<Option> DashboardRows =>
    [
        new()
        {
            Name = "dashboard", Placeholder = "ADDRESS", Group = OptionGroup.Logging,
            Help = "Serve a page at this address, written as for --bind, on which the server shows its requests, workers and errors, live. On a loopback address or "
                + "a Unix socket reading needs no token; its buttons always do.",
            Binder = OptionBinder.OfServer(BindDashboard),
        },
        new()
        {
            Name = "dashboard-token", Placeholder = "TOKEN", Default = "(made at the start)", Group = OptionGroup.Logging,
            Help = "What the dashboard asks for, or @/path/of/file to read it from there. Without it one is made at each start, and logged as a part of the page's URL.",
            Binder = OptionBinder.OfServer(static (draft, value) =>
            {
                draft.Options = draft.Options with { Dashboard = draft.Options.Dashboard with { Token = value.Text } };
                return value.Text.StartsWith('@') ? value.Text.Length == 1 || value.Text.Contains('\0', StringComparison.Ordinal) ? "behind the @ there is to be the path of a file." : null
                    : DashboardOptions.ProblemOf(value.Text);
            }),
        },
        new()
        {
            Name = "dashboard-host", Placeholder = "NAME", Repeatable = true, Group = OptionGroup.Logging,
            Help = "A name by which browsers may ask for the dashboard, such as that of a proxy in front of it: without it only localhost and addresses. May be repeated, or "
                + "have commas.",
            Binder = OptionBinder.OfServer(BindDashboardHost),
        },
    ];

    private static string? BindDashboard(ServerDraft draft, OptionValue value)
    {
        string? problem = AddressRules.ReadBind(value.Text, out BindAddress address);
        draft.Options = draft.Options with { Addresses = draft.Options.Addresses with { Dashboard = problem is null ? address : null } };
        return problem;
    }

    private static string? BindDashboardHost(ServerDraft draft, OptionValue value)
    {
        string[] parts = value.Text.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries);
        string? problem = parts.Length == 0 ? "it names no host." : null;
        List<HostPattern> hosts = [.. draft.Options.Dashboard.Hosts];
        foreach (string part in parts)
        {
            string? wrong = HostPattern.Read(part, out HostPattern host);

            // For all is for those of an attacker, too.
            problem ??= wrong ?? (host.Name.Length == 0 ? "\"*\" would take any name, also one that a stranger has made: name those that are meant." : null);
            hosts.Add(host);
        }

        draft.Options = draft.Options with { Dashboard = draft.Options.Dashboard with { Hosts = hosts } };
        return problem;
    }
}
