namespace Hydra.Configuration;

/// <content>The workers, and what they run in.</content>
internal static partial class OptionTable
{
    private static IEnumerable<Option> WorkerRows =>
    [
        new()
        {
            Name = "workers", Short = 'w', Placeholder = "N|auto|MIN:MAX", Default = "1", SharedVariables = ["WEB_CONCURRENCY"],
            Group = OptionGroup.Workers,
            Help = "Worker processes. With auto one for each CPU that the process may use, by affinity and container limit. With MIN:MAX "
                + "as many as are needed: one more when requests wait longer than --scale-delay, one less after --scale-idle.",
            Binder = OptionBinder.OfApplication(BindWorkers),
        },
        new()
        {
            Name = "threads", Aliases = ["blocking-threads"], Placeholder = "N|auto", Default = "1", Group = OptionGroup.Workers,
            Help = "Threads in each worker for a WSGI application. With auto 1 to 64: more while requests wait for threads that wait themselves, "
                + "no more where they would only compete for the processor.",
            Binder = Section.Python.IntegerOrAuto(10_000, static (o, v) => o with { Threads = v }),
        },
        new()
        {
            Name = "worker-loops", Placeholder = "N", Default = "1", Group = OptionGroup.Workers,
            Help = "Event loops in each worker, each in a thread of its own, so that one process uses several processors. Only for "
                + "free-threaded builds of Python, which have no global interpreter lock, and for ASGI, RSGI and the raw interface.",
            Binder = Section.Python.Integer(1, MaximumWorkerLoops, static (o, v) => o with { WorkerLoops = v }),
        },
        new()
        {
            Name = "preload", Aliases = ["preload-app"], Default = "false", Group = OptionGroup.Workers,
            Help = "Import the application once and fork the workers from that process: they start at once and share its memory. Not on "
                + "Windows.",
            Binder = Section.Python.Switch(static (o, v) => o with { Preload = v }),
        },
        new()
        {
            Name = "python", Placeholder = "PATH", Group = OptionGroup.Workers,
            Help = "The Python to run workers with: a path, or a name to look up on PATH. Without it: the environment that hydra is in, $VIRTUAL_ENV, $CONDA_PREFIX, a .venv "
                + "or venv beside the application, then python3 and python on PATH.",
            Binder = Section.Python.Text(static (o, v) => o with { Path = v }),
        },
        new()
        {
            Name = "loop", Aliases = ["asgi-loop"], Placeholder = OptionNames.Join(OptionNames.Loops) + "|MODULE:FACTORY", Default = "auto",
            Group = OptionGroup.Workers,
            Help = "The event loop of the workers. With auto uvloop where it is installed. MODULE:FACTORY is what returns a new loop of "
                + "asyncio's kind when it is called, such as rloop:new_event_loop. trio is for ASGI applications that are written with it.",
            Binder = OptionBinder.OfApplication(BindLoop),
        },
        new()
        {
            Name = "speedups", Placeholder = OptionNames.Join(OptionNames.SpeedupsUses), Default = "auto", Group = OptionGroup.Workers,
            Help = "The native part of the worker, which does in C what is done for each request. With auto where "
                + "Python can load it, else the same is done in Python; with on a worker that cannot load it does not start; with off it is not used.",
            Binder = Section.Python.Choice(OptionNames.SpeedupsUses, static (o, v) => o with { Speedups = v }),
        },
        new()
        {
            Name = "on-worker-exit", Placeholder = "MODULE:FUNCTION", Group = OptionGroup.Workers,
            Help = "Call this function with the process id of each worker that has ended, in whatever way, such as "
                + "prometheus_client.multiprocess:mark_process_dead. It runs in a process of its own, for up to 10s.",
            Binder = OptionBinder.OfApplication(BindExitHook),
        },
        .. HookRows,
    ];

    private static string? BindExitHook(ApplicationDraft draft, OptionValue value)
    {
        string? problem = AppReference.ReadFunction(value.Text, out string function);
        draft.Options = draft.Options with { OnWorkerExit = function };
        return problem;
    }

    private static string? BindLoop(ApplicationDraft draft, OptionValue value)
    {
        string text = value.Text.Trim();
        string? problem = text.Contains(':', StringComparison.Ordinal)
            ? AppReference.ReadFunction(text, out text) is null ? null : $"\"{text}\" is not of the form module:factory, such as \"rloop:new_event_loop\"."
            : ValueReader.Choice(text, OptionNames.Loops, out text);
        draft.Options = draft.Options with { Python = draft.Options.Python with { Loop = text } };
        return problem;
    }

    // N, auto, or MIN:MAX, where MAX may be auto.
    private static string? BindWorkers(ApplicationDraft draft, OptionValue value)
    {
        int processors = Math.Clamp(draft.Host.Processors, 1, MaximumWorkers);
        int colon = value.Text.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0)
        {
            string? problem = ValueReader.IntegerOrAuto(value.Text, 1, MaximumWorkers, out int? number);
            Set(draft, number ?? processors, null, isAuto: number is null);
            return problem is null ? null
                : $"\"{value.Text}\" is neither a whole number from 1 to {MaximumWorkers}, nor \"auto\", nor a range such as 1:4.";
        }

        if (ValueReader.Integer(value.Text[..colon], 1, MaximumWorkers, out int minimum) is not null
            || ValueReader.IntegerOrAuto(value.Text[(colon + 1)..], 1, MaximumWorkers, out int? maximum) is not null)
        {
            return $"\"{value.Text}\" is not a range MIN:MAX of whole numbers from 1 to {MaximumWorkers}; MAX may be \"auto\".";
        }

        // On a machine with fewer processors than MIN, auto means that the number stays.
        int most = maximum ?? Math.Max(processors, minimum);
        Set(draft, minimum, most, isAuto: false);
        return most >= minimum ? null : $"\"{value.Text}\" is no range: {minimum} is more than {most}.";
    }

    private static void Set(ApplicationDraft draft, int count, int? maximum, bool isAuto)
    {
        WorkerOptions workers = draft.Options.Workers with { Count = count, Maximum = maximum, IsAuto = isAuto };
        draft.Options = draft.Options with { Workers = workers };
    }
}
