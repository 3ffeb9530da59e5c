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

        List<string> parts = OwnOptions.Split(value.Text[(equals + 1)..]);
        (Option Option, OptionValue Value)[] given =
            [.. parts.Skip(1).Select(part => OwnOptions.Read(part, "mount", value.Source, problems)).OfType<(Option Option, OptionValue Value)>()];
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
        OwnOptions.Bind(given, own, problems);
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
        return OptionHint.For(name, names) is { } meant ? $"{name} is not an option; did you mean {meant}?" : $"{name} is not an option.";
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
}
