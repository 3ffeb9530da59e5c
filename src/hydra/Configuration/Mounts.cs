using Hydra.Primitives;

namespace Hydra.Configuration;

/// <summary>Reads --mount: a place, the application there, and options that it has of its own.</summary>
internal static class Mounts
{
    /// <summary>The applications that are mounted, each with the options that the command line and the environment give to all where it has none.</summary>
    /// <param name="draft">Everything that is bound so far.</param>
    /// <param name="errors">Told what is wrong, a sentence each.</param>
    public static IReadOnlyList<ApplicationOptions> Read(OptionsDraft draft, List<string> errors)
    {
        List<ApplicationOptions> mounted = [];
        foreach (OptionValue value in draft.Server.Mounts)
        {
            List<string> problems = [];
            ApplicationOptions options = Read(draft, value, problems);
            mounted.Add(options);
            errors.AddRange(problems.Select(problem => $"{value.Source.Describe(OptionTable.Get("mount"))}: {problem}"));
        }

        return mounted;
    }

    private static ApplicationOptions Read(OptionsDraft draft, OptionValue value, List<string> problems)
    {
        int equals = value.Text.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0)
        {
            problems.Add($"\"{value.Text}\" is not of the form PLACE=MODULE:ATTR, such as /api=shop.api:app.");
            return draft.Application.Options;
        }

        if (MountPlace.Read(value.Text[..equals].Trim(), out MountPlace place) is { } misplaced)
        {
            problems.Add(misplaced);
        }

        List<string> parts = Split(value.Text[(equals + 1)..]);
        (Option Option, OptionValue Value)[] given =
            [.. parts.Skip(1).Select(part => Given(part, value.Source, problems)).OfType<(Option Option, OptionValue Value)>()];
        bool isProgram = ApplicationNaming.IsOfPrograms(given.LastOrDefault(static pair => pair.Option.Name == "interface").Value.Text?.Trim() ?? "");
        var own = new OptionsDraft(draft.Host)
        {
            Application = new ApplicationDraft(draft.Host)
            {
                Options = ForAll(draft.Application.Options, isProgram),
                App = new OptionValue(parts[0], value.Source),
                IsNamed = true,
            },
        };
        foreach (IGrouping<Option, OptionValue> same in given.GroupBy(static pair => pair.Option, static pair => pair.Value))
        {
            Bind(same.Key, [.. same], own, problems);
        }

        if (ApplicationNaming.Settle(own.Application) is { } unnamed)
        {
            problems.Add(UnknownOption(parts[0]) ?? unnamed);
        }

        return own.Application.Options with { Place = place };
    }

    // What stands behind a comma and is no option is more likely one with a slip than a part of the application's name.
    private static string? UnknownOption(string application)
    {
        string[] parts = application.Split(',');
        if (parts.Length < 2 || application.Contains('(', StringComparison.Ordinal))
        {
            return null;
        }

        string name = parts[1].Split('=')[0].Trim();
        if (name.Length == 0)
        {
            return $"\"{application}\" ends with a comma that nothing follows.";
        }

        string[] names = [.. OptionTable.All.Where(static option => option.Owner is OptionOwner.Application).SelectMany(static option => option.Names)];
        return EditDistance.Nearest(name, names) is { } meant ? $"{name} is not an option; did you mean {meant}?" : $"{name} is not an option.";
    }

    // What is said of all applications, without what is said of one.
    private static ApplicationOptions ForAll(ApplicationOptions options, bool isProgram)
    {
        var none = new ApplicationOptions();
        ApplicationOptions all = options with
        {
            App = none.App,
            Command = none.Command,
            Factory = none.Factory,
            Interface = none.Interface,
            Name = none.Name,
            Lifespan = none.Lifespan,
        };

        // What is about Python says nothing to a program.
        return isProgram ? all with { Python = none.Python, OnWorkerExit = none.OnWorkerExit, Hooks = none.Hooks } : all;
    }

    private static void Bind(Option option, IReadOnlyList<OptionValue> values, OptionsDraft own, List<string> problems)
    {
        // As on the command line the last counts.
        foreach (OptionValue value in option.Repeatable ? values : [values[^1]])
        {
            if (option.Binder.Bind(own, value) is { } problem)
            {
                problems.Add($"{option.Name}: {problem}");
            }
        }
    }

    // NAME=VALUE, or of a switch NAME and no-NAME.
    private static (Option Option, OptionValue Value)? Given(string part, OptionSource source, List<string> problems)
    {
        int equals = part.IndexOf('=', StringComparison.Ordinal);
        string name = (equals < 0 ? part : part[..equals]).Trim();
        bool isNegated = name.StartsWith("no-", StringComparison.Ordinal) && OptionTable.Find(name) is null;
        Option option = OptionTable.Find(isNegated ? name[3..] : name)!;
        string? problem = option.Name is "app" or "mount" ? $"{name} cannot be said within a mount."
            : option.Owner is not OptionOwner.Application ? $"{name} is the server's, not an application's: give it as --{option.Name}."
            : option.IsSwitch && equals >= 0 ? $"{name} takes no value."
            : !option.IsSwitch && equals < 0 ? $"{name} needs a value: {name}={option.Placeholder}."
            : null;
        if (problem is not null)
        {
            problems.Add(problem);
            return null;
        }

        return (option, new OptionValue(option.IsSwitch ? isNegated ? "false" : "true" : part[(equals + 1)..], source));
    }

    // Splits at commas that an option follows: others belong to a value, as those between the parentheses of a factory do.
    private static List<string> Split(string text)
    {
        List<string> parts = [];
        int start = 0;
        int depth = 0;
        for (int i = 0; i < text.Length; i++)
        {
            depth += text[i] is '(' ? 1 : text[i] is ')' ? -1 : 0;
            if (text[i] is ',' && depth <= 0 && BeginsOption(text.AsSpan(i + 1)))
            {
                parts.Add(text[start..i]);
                start = i + 1;
            }
        }

        parts.Add(text[start..]);
        return parts;
    }

    private static bool BeginsOption(ReadOnlySpan<char> rest)
    {
        int end = rest.IndexOfAny('=', ',');
        string name = (end < 0 ? rest : rest[..end]).Trim().ToString();
        return OptionTable.Find(name) is not null || (name.StartsWith("no-", StringComparison.Ordinal) && OptionTable.Find(name[3..]) is { IsSwitch: true });
    }
}
