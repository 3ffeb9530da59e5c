namespace Hydra.Configuration;

/// <summary>Reads --task-pool: what a pool is called, its class, and options of its own.</summary>
internal static class TaskPools
{
    /// <summary>What such a pool speaks, to the worker alone.</summary>
    public const string Interface = "pool";

    // What is about requests, or is Python's no class.
    private static readonly string[] NotForPools =
        ["factory", "interface", "root-path", "lifespan", "loop", "worker-loops", "affinity", "limit-concurrency", "state", "state-memory", "state-eviction", "pubsub-memory", "resume-memory"];

    /// <summary>The pools; what they do not say of themselves is as for the first application.</summary>
    /// <param name="draft">Everything that is bound so far.</param>
    /// <param name="errors">Told what is wrong, a sentence each.</param>
    public static IReadOnlyList<ApplicationOptions> Read(OptionsDraft draft, List<string> errors)
    {
        if (draft.Server.TaskPools.Count == 0)
        {
            return [];
        }

        List<ApplicationOptions> pools = [];
        foreach (OptionValue value in draft.Server.TaskPools)
        {
            List<string> problems = [];
            if (Read(draft, value, problems) is { } pool)
            {
                if (pools.Exists(other => other.Pool == pool.Pool))
                {
                    problems.Add($"there are two pools called {pool.Pool}.");
                }

                pools.Add(pool);
            }

            errors.AddRange(problems.Select(problem => $"{value.Source.Describe(OptionTable.Get("task-pool"))}: {problem}"));
        }

        return pools;
    }

    private static ApplicationOptions? Read(OptionsDraft draft, OptionValue value, List<string> problems)
    {
        string text = value.Text.Trim();
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        string name = equals > 0 ? text[..equals].Trim() : "";
        if (name.Length == 0 || !name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'))
        {
            problems.Add($"\"{text}\" is not of the form NAME=MODULE:CLASS, such as model=shop.models:Model,workers=2.");
            return null;
        }

        List<string> parts = OwnOptions.Split(text[(equals + 1)..]);
        if (AppReference.Read(parts[0], out string app, out bool isFactory) is { } misnamed || !app.Contains(':', StringComparison.Ordinal))
        {
            problems.Add($"\"{parts[0]}\" is not of the form MODULE:CLASS, such as shop.models:Model.");
            return null;
        }

        if (isFactory)
        {
            problems.Add($"{parts[0]} is called by the pool: leave the parentheses out.");
            return null;
        }

        return ReadOptions(draft, name, app, parts, value.Source, problems);
    }

    private static ApplicationOptions ReadOptions(OptionsDraft draft, string name, string app, List<string> parts, OptionSource source, List<string> problems)
    {
        ApplicationOptions all = draft.Application.Options;
        var none = new ApplicationOptions();
        PythonOptions python = all.IsProgram ? none.Python : all.Python with { Threads = none.Python.Threads, WorkerLoops = none.Python.WorkerLoops };
        var own = new OptionsDraft(draft.Host)
        {
            Application = new ApplicationDraft(draft.Host)
            {
                Options = all with
                {
                    App = app,
                    Command = [],
                    Interface = Interface,
                    Factory = false,
                    Name = name,
                    Lifespan = none.Lifespan,
                    Pool = name,
                    PoolPlaces = [],
                    Workers = none.Workers,
                    Python = python,
                    Queue = none.Queue,
                    Timeouts = all.Timeouts with { Request = none.Timeouts.Request },
                    Metrics = all.Metrics with { Routes = false },
                },
                IsNamed = true,
            },
        };
        List<(Option Option, OptionValue Value)> given = [.. parts.Skip(1).Select(part => OwnOptions.Read(part, "pool", source, problems)).OfType<(Option Option, OptionValue Value)>()];
        problems.AddRange(given.Where(static one => NotForPools.Contains(one.Option.Name)).Select(static one => $"{one.Option.Name} says nothing to a pool that is called."));
        OwnOptions.Bind(given, own, problems);
        return own.Application.Options;
    }
}
