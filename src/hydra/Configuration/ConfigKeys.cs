using Hydra.Primitives;

namespace Hydra.Configuration;

/// <summary>Makes values of options out of the keys of a configuration file. Each option is a key, by each of its names, with dashes or underscores.</summary>
internal static class ConfigKeys
{
    private const string NoTable = "hydra has no such table: options are keys of the file itself.";

    // Nobody reads more of them.
    private const int MostErrors = 20;

    // What is for one run, and no configuration.
    private static readonly string[] NotInFiles = ["config", "check-config"];

    /// <summary>Reads a table.</summary>
    /// <param name="table">The table.</param>
    /// <param name="path">The file, for sentences.</param>
    /// <param name="errors">Told what is wrong, a sentence each.</param>
    public static IReadOnlyList<(Option Option, OptionValue Value)> Read(TomlNode table, string path, List<string> errors)
    {
        List<(Option Option, OptionValue Value)> found = [];
        HashSet<Option> said = [];
        int wrong = 0;
        for (int i = 0; i < table.Keys.Count; i++)
        {
            if (wrong == MostErrors)
            {
                errors.Add($"{path}: {wrong} keys are wrong so far; {table.Keys.Count - i} more were not looked at.");
                break;
            }

            string key = table.Keys[i];
            TomlNode node = table.Find(key)!;
            string where = $"{ControlText.Escape(key)} ({path}, line {node.Line})";
            var source = new OptionSource(SourceRank.File, where);
            string name = NameOf(key);
            int before = found.Count;
            string? problem = Known(name) is { } option ? Add(option, node, source, found) : Foreign(name, node, source, found);
            IEnumerable<Option> own = found.Skip(before).Select(static pair => pair.Option);
            problem ??= own.Any(said.Contains) ? "it is said twice, by two of its names." : null;
            said.UnionWith(own);
            if (problem is not null)
            {
                errors.Add($"{where}: {problem}");
                wrong++;
            }
        }

        return found;
    }

    /// <summary>The option's name that a key is, if it is one.</summary>
    internal static string NameOf(string key) => key.Replace('_', '-').ToLowerInvariant();

    /// <summary>The option of a name, where a file may have it.</summary>
    internal static Option? Known(string name) => OptionTable.Find(name) is { IsCommand: false } option && !NotInFiles.Contains(option.Name) ? option : null;

    private static string? Add(Option option, TomlNode node, OptionSource source, List<(Option Option, OptionValue Value)> found)
    {
        if (ConfigTables.Has(option))
        {
            return ConfigTables.Add(option, node, source, found);
        }

        string? problem = Texts(option, node, out IReadOnlyList<string> texts);
        if (problem is null)
        {
            found.AddRange(texts.Select(text => (option, new OptionValue(text, source))));
        }

        return problem;
    }

    // What other servers call their options is taken, or answered, as on the command line.
    private static string? Foreign(string name, TomlNode node, OptionSource source, List<(Option Option, OptionValue Value)> found)
    {
        if (ForeignWords.Find(name) is not { } word)
        {
            string? near = NotInFiles.Contains(name) || name is "help" or "version" ? null : OptionHint.For(name, Names());
            return NotInFiles.Contains(name) || name is "help" or "version" ? "it is for the command line alone."
                : near is null && node.Kind is TomlKind.Table ? NoTable
                : near is null ? "hydra has no such option." : $"hydra has no such option; did you mean {near}?";
        }

        if (node.Kind is TomlKind.Table)
        {
            return NoTable;
        }

        if (word.Take(word.HasValue ? node.Text : "") is not { } taken)
        {
            return word.Answer;
        }

        if (node.Text != "false" || word.HasValue)
        {
            found.AddRange(taken.Select(one => (OptionTable.Get(one.Name), new OptionValue(one.Text, source))));
        }

        return null;
    }

    /// <summary>The names of all options that a file may have.</summary>
    internal static IEnumerable<string> Names() => OptionTable.All.Where(static option => !option.IsCommand && !NotInFiles.Contains(option.Name)).SelectMany(static option => option.Names);

    /// <summary>The values of an option, as the command line would have them.</summary>
    /// <returns>What is wrong with them; null where nothing is.</returns>
    internal static string? Texts(Option option, TomlNode node, out IReadOnlyList<string> texts)
    {
        texts = [];
        if (node.Kind is TomlKind.Table)
        {
            return TableTexts(option, node, out texts);
        }

        if (node.Kind is not TomlKind.Array)
        {
            texts = [node.Text];
            return ProblemOf(node);
        }

        if (node.Items.Select(ProblemOf).FirstOrDefault(static problem => problem is not null) is { } wrong)
        {
            return wrong;
        }

        string[] items = [.. node.Items.Select(static item => item.Text)];
        if (option.Name == "app")
        {
            // The words of a command.
            texts = [CommandWords.Join(items)];
            return null;
        }

        texts = option.Repeatable ? items : option.IsList ? [string.Join(',', items)] : [];
        return option.Repeatable || option.IsList ? null : "it takes one value, and no array.";
    }

    // A table of names and values, where that is what the option takes.
    private static string? TableTexts(Option option, TomlNode node, out IReadOnlyList<string> texts)
    {
        texts = [];
        char separator = option.Placeholder switch
        {
            "NAME=VALUE" => '=',
            "NAME:VALUE" => ':',
            _ => '\0',
        };
        if (separator == '\0')
        {
            return "it takes no table.";
        }

        List<string> pairs = [];
        foreach (string name in node.Keys)
        {
            TomlNode value = node.Find(name)!;
            if (ProblemOf(value) is { } problem)
            {
                return $"{name}: {problem}";
            }

            pairs.Add($"{name}{separator}{value.Text}");
        }

        texts = pairs;
        return null;
    }

    private static string? ProblemOf(TomlNode node) => node.Kind switch
    {
        TomlKind.Table or TomlKind.Array => "an array of texts is as deep as it may be.",
        TomlKind.Moment => "no option takes a date or a time.",
        _ => null,
    };
}
