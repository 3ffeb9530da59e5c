namespace Hydra.Configuration;

/// <summary>
/// What the text means that names an application: that depends on its interface, which may be said behind it. So it is looked at when all options of
/// the application are bound.
/// </summary>
internal static class ApplicationNaming
{
    /// <summary>--interface of an application that is a program, to which the executable itself is the bridge.</summary>
    public const string Proxy = "proxy";

    /// <summary>--interface of an application that is a program, and a worker by itself (docs/protocol.md).</summary>
    public const string Worker = "worker";

    /// <summary>How what follows "--" is called.</summary>
    public const string CommandSpelling = "--";

    /// <summary>Whether applications of an interface are programs, and no Python.</summary>
    public static bool IsOfPrograms(string name) => name is Proxy or Worker;

    /// <summary>Puts the application, or its command, into the options.</summary>
    /// <returns>Null, or what is wrong with the text: the rest of a sentence that begins with the option.</returns>
    public static string? Settle(ApplicationDraft draft)
    {
        if (draft.App is not { } named)
        {
            return null;
        }

        return draft.Options.IsProgram ? SettleCommand(draft, named.Text) : SettleReference(draft, named);
    }

    /// <summary>What an application that is a program cannot have.</summary>
    /// <param name="options">The application's options.</param>
    public static IEnumerable<string> Contradictions(ApplicationOptions options)
    {
        if (!options.IsProgram)
        {
            yield break;
        }

        if (options.Python.Preload)
        {
            yield return $"--preload forks workers from an application that was imported, which a program of --interface {options.Interface} is not: leave it out.";
        }

        if (options.Factory)
        {
            yield return $"--factory calls an attribute of a module, which a program of --interface {options.Interface} is not: leave it out.";
        }

        if (options.Lifespan is Lifespan.On)
        {
            yield return $"--lifespan on needs an ASGI application, which a program of --interface {options.Interface} is not: leave it out.";
        }

        if (options.OnWorkerExit.Length > 0)
        {
            yield return $"--on-worker-exit calls a function of Python, which --interface {options.Interface} does without: leave it out.";
        }

        foreach (string option in options.Hooks.Named())
        {
            yield return $"{option} calls a function of Python, which --interface {options.Interface} does without: leave it out.";
        }
    }

    /// <summary>What was said and means nothing for a program.</summary>
    public static IEnumerable<string> Warnings(ApplicationOptions options)
    {
        if (!options.IsProgram)
        {
            yield break;
        }

        (string Option, bool IsSaid)[] unused =
        [
            ("--threads", options.Python.Threads != 1), ("--worker-loops", options.Python.WorkerLoops != 1),
            ("--loop", options.Python.Loop != "auto"), ("--python", options.Python.Path is not null),
            ("--instrument", options.Python.Instrument.Count > 0), ("--speedups", options.Python.Speedups is not SpeedupsUse.Auto),
        ];
        foreach ((string option, _) in unused.Where(static pair => pair.IsSaid))
        {
            yield return $"{option} says nothing to a program of --interface {options.Interface}, and is not used";
        }
    }

    private static string? SettleCommand(ApplicationDraft draft, string text)
    {
        string? problem = CommandWords.Split(text, out IReadOnlyList<string> words);
        if (problem is null)
        {
            problem = words.Count == 0 || words[0].Length == 0 ? "the command is empty."
                : text.Contains('\0', StringComparison.Ordinal) ? "the command contains a NUL character." : null;
        }

        draft.Options = draft.Options with { App = text.Trim(), Command = words };
        return problem;
    }

    private static string? SettleReference(ApplicationDraft draft, OptionValue named)
    {
        string text = named.Text;
        if (named.Source.Spelling == CommandSpelling)
        {
            _ = CommandWords.Split(text, out IReadOnlyList<string> words);
            if (words.Count != 1)
            {
                return $"\"{text}\" is a command, which --interface proxy takes; else one application follows.";
            }

            text = words[0];
        }

        string? problem = AppReference.Read(text, out string app, out bool isFactory);
        draft.Options = draft.Options with { App = app, Factory = draft.Options.Factory || isFactory };
        return problem is null || !text.Contains(' ', StringComparison.Ordinal) || text.Contains('(', StringComparison.Ordinal)
            ? problem
            : $"{problem} A command needs --interface proxy.";
    }
}
