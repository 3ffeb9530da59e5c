namespace Hydra.Configuration;

/// <content>Functions of the user's that are called at turns of the server's life.</content>
internal static partial class OptionTable
{
    private static IEnumerable<Option> HookRows =>
    [
        Hook(
            "on-starting",
            "Call this function before the first worker starts, in a process of its own. The server does not start before it has come to its end, and not at all "
                + "when it fails. May be repeated.",
            static (o, list) => o with { OnStarting = list(o.OnStarting) }),
        Hook(
            "on-reload",
            "Call this function before the workers of a reload start, in a process of its own. When it fails the old workers serve on. May be repeated.",
            static (o, list) => o with { OnReload = list(o.OnReload) }),
        Hook(
            "on-worker-start",
            "Call this function in each worker before it imports the application; with --preload when the worker was forked. May be repeated.",
            static (o, list) => o with { OnWorkerStart = list(o.OnWorkerStart) }),
        Hook(
            "on-worker-ready",
            "Call this function in each worker when it has loaded the application and started its lifespan, before its first request. Coroutine functions are "
                + "awaited where the application has an event loop. May be repeated.",
            static (o, list) => o with { OnWorkerReady = list(o.OnWorkerReady) }),
        new()
        {
            Name = "instrument", Placeholder = OptionNames.Join(OptionNames.Agents) + "|MODULE:FUNCTION", Repeatable = true, Group = OptionGroup.Workers,
            Help = "Set this agent up in each worker before it imports the application, by its own variables (OTEL_*, SENTRY_*, NEW_RELIC_*), and put its middleware "
                + "around the application where nothing of it watches the framework. MODULE:FUNCTION is called with the application and returns what to serve. May be repeated.",
            Binder = OptionBinder.OfApplication(BindAgent),
        },
    ];

    private static string? BindAgent(ApplicationDraft draft, OptionValue value)
    {
        string text = value.Text.Trim();
        string? problem = text.Contains(':', StringComparison.Ordinal)
            ? AppReference.ReadFunction(text, out text)
            : ValueReader.Choice(text, OptionNames.Agents, out text);
        PythonOptions python = draft.Options.Python;
        draft.Options = draft.Options with { Python = python with { Instrument = [.. python.Instrument, text] } };
        return problem;
    }

    private static Option Hook(string name, string help, Func<HookOptions, Func<IReadOnlyList<string>, IReadOnlyList<string>>, HookOptions> add) => new()
    {
        Name = name,
        Placeholder = "MODULE:FUNCTION",
        Repeatable = true,
        Group = OptionGroup.Workers,
        Help = help,
        Binder = OptionBinder.OfApplication((draft, value) =>
        {
            string? problem = AppReference.ReadFunction(value.Text, out string function);
            draft.Options = draft.Options with { Hooks = add(draft.Options.Hooks, list => [.. list, function]) };
            return problem;
        }),
    };
}
