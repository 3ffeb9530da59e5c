using Hydra.Primitives;

namespace Hydra.Configuration;

/// <content>What the server tells of itself.</content>
internal static partial class OptionTable
{
    private static IEnumerable<Option> LoggingRows =>
    [
        new()
        {
            Name = "log-level", Placeholder = OptionNames.Join(OptionNames.LogLevels), Default = "info", Group = OptionGroup.Logging,
            Help = "The least severe records to log. What workers print has no level, and is always shown.",
            Binder = Section.Logs.Choice(OptionNames.LogLevels, static (o, v) => o with { Level = v }, OptionNames.LogLevelOf),
        },
        new()
        {
            Name = "worker-output", Placeholder = OptionNames.Join(OptionNames.WorkerOutputs), Default = "auto", Group = OptionGroup.Logging,
            Help = "What workers print: prefixed shows each line in the log, with the worker named; raw gives them the server's own standard "
                + "output and error; json makes an object of each line, and of each log record. auto is raw for one worker on a terminal, where breakpoint() "
                + "and input() then work, and else prefixed.",
            Binder = Section.Logs.Choice(OptionNames.WorkerOutputs, static (o, v) => o with { WorkerOutput = v }),
        },
        new()
        {
            Name = "metrics", Placeholder = "ADDRESS", Group = OptionGroup.Logging,
            Help = "Serve metrics for Prometheus at this address, written as for --bind, and the path /metrics: requests, how long they took "
                + "and waited, the queue, the workers; and for probes /-/live and /-/ready. Not for the public.",
            Binder = OptionBinder.OfServer(BindMetrics),
        },
        new()
        {
            Name = "metrics-application", Default = "true", Group = OptionGroup.Logging,
            Help = "With --metrics: serve what the application counts with prometheus_client, too, of all workers together. It needs no "
                + "PROMETHEUS_MULTIPROC_DIR; where that is set the application sees to it by itself.",
            Binder = Section.Collected.Switch(static (o, v) => o with { Application = v }),
        },
        new()
        {
            Name = "metrics-routes", Group = OptionGroup.Logging,
            Help = "Count requests by method, route (/items/{id}) and class of the status, with how long the application took: for ASGI and WSGI, and "
                + "frameworks that say which route it was. With --metrics, and in hydra status. It costs a few microseconds for each request.",
            Binder = Section.Collected.Switch(static (o, v) => o with { Routes = v }),
        },
        new()
        {
            Name = "use-colors", Default = "(on a terminal)", SharedVariables = ["NO_COLOR"], Group = OptionGroup.Logging,
            Help = "Colour the log. NO_COLOR with any value turns colours off.",
            Binder = OptionBinder.OfServer(BindColors),
        },
    ];

    private static string? BindMetrics(ServerDraft draft, OptionValue value)
    {
        string? problem = AddressRules.ReadBind(value.Text, out BindAddress address);
        draft.Options = draft.Options with { Addresses = draft.Options.Addresses with { Metrics = address } };
        return problem;
    }

    // NO_COLOR means "no" whatever it says: https://no-color.org
    private static string? BindColors(ServerDraft draft, OptionValue value)
    {
        if (value.Source.Rank == SourceRank.SharedVariable)
        {
            SetColors(draft, false);
            return null;
        }

        string? problem = ValueReader.Boolean(value.Text, out bool useColors);
        SetColors(draft, useColors);
        return problem;
    }

    private static void SetColors(ServerDraft draft, bool useColors)
        => draft.Options = draft.Options with { Logs = draft.Options.Logs with { UseColors = useColors } };
}
