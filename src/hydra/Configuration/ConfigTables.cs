namespace Hydra.Configuration;

/// <summary>Reads tables of a configuration file that are one value each: a mount, a pool of workers, a pool of tasks. They become what the command line has for them.</summary>
internal static class ConfigTables
{
    private const string Name = "name";
    private const string Routes = "routes";
    private const string Workers = "workers";

    private static readonly TableForm Mount = new("mount", "place", "app", "a mount has a place and an app: place = \"/api\", app = \"shop.api:app\".");
    private static readonly TableForm TaskPool = new("pool", Name, "class", "a pool has a name and a class: name = \"model\", class = \"shop.models:Model\".");

    /// <summary>Whether an option is said by tables.</summary>
    public static bool Has(Option option) => option.Name is "mount" or "pool" or "task-pool";

    /// <summary>Adds all tables of an option, or texts as the command line has them.</summary>
    /// <param name="option">The option.</param>
    /// <param name="node">The array, or a single text.</param>
    /// <param name="source">Where it stands.</param>
    /// <param name="found">Gets the values.</param>
    /// <returns>What is wrong; null where nothing is.</returns>
    public static string? Add(Option option, TomlNode node, OptionSource source, List<(Option Option, OptionValue Value)> found)
    {
        if (node.Kind is not TomlKind.Array)
        {
            return node.Kind is TomlKind.String ? AddOne(option, node, source, found) : $"it is an array: [[{option.Name}]] begins each.";
        }

        foreach (TomlNode item in node.Items)
        {
            string spelling = source.Spelling.Replace($", line {node.Line})", $", line {item.Line})", StringComparison.Ordinal);
            if (AddOne(option, item, source with { Spelling = spelling }, found) is { } problem)
            {
                return problem;
            }
        }

        return null;
    }

    private static string? AddOne(Option option, TomlNode node, OptionSource source, List<(Option Option, OptionValue Value)> found)
    {
        string text = node.Text;
        string? problem = node.Kind is TomlKind.String ? null
            : node.Kind is not TomlKind.Table ? $"it is an array of tables: [[{option.Name}]] begins each."
            : option.Name switch
            {
                "mount" => NamedOf(Mount, node, out text),
                "task-pool" => NamedOf(TaskPool, node, out text),
                _ => PoolOf(node, out text),
            };
        if (problem is null)
        {
            found.Add((option, new OptionValue(text, source)));
        }

        return problem;
    }

    // PLACE=APP or NAME=CLASS, with option=value,switch,no-switch.
    private static string? NamedOf(TableForm form, TomlNode node, out string text)
    {
        text = "";
        if (node.Find(form.Front) is not { Kind: TomlKind.String } front || node.Find(form.Application) is not { } app)
        {
            return form.Sentence;
        }

        List<string> parts = [];
        string? problem = ConfigKeys.Texts(OptionTable.Get("app"), app, out IReadOnlyList<string> named) ?? AddOwn(node, form.Word, [form.Front, form.Application], parts);
        text = string.Join(',', [$"{front.Text}={(named.Count > 0 ? named[0] : "")}", .. parts]);
        return problem;
    }

    // NAME:PATH,PATH=WORKERS,option=value.
    private static string? PoolOf(TomlNode node, out string text)
    {
        text = "";
        if (node.Find(Name) is not { Kind: TomlKind.String } name || node.Find(Routes) is not { } routes || node.Find(Workers) is not { } workers)
        {
            return "a pool has a name, routes and workers: name = \"slow\", routes = [\"/export/*\"], workers = 2.";
        }

        TomlNode[] paths = routes.Kind is TomlKind.Array ? [.. routes.Items] : [routes];
        if (paths.Length == 0 || paths.Any(static path => path.Kind is not TomlKind.String))
        {
            return "routes is a path, or an array of paths.";
        }

        List<string> parts = [];
        string? problem = ConfigKeys.Texts(OptionTable.Get(Workers), workers, out IReadOnlyList<string> count) ?? AddOwn(node, "pool", [Name, Routes, Workers], parts);

        // What the command line takes for the end of a path.
        string all = string.Join(',', paths.Select(static path => path.Text.Replace(",", "%2C", StringComparison.Ordinal).Replace("=", "%3D", StringComparison.Ordinal)));
        text = string.Join(',', [$"{name.Text}:{all}={(count.Count > 0 ? count[0] : "")}", .. parts]);
        return problem;
    }

    // The options that it has of its own.
    private static string? AddOwn(TomlNode node, string kind, string[] others, List<string> parts)
    {
        foreach (string key in node.Keys.Where(key => !others.Contains(key)))
        {
            if (ConfigKeys.Known(ConfigKeys.NameOf(key)) is not { Owner: OptionOwner.Application } own)
            {
                return OptionTable.Find(ConfigKeys.NameOf(key)) is { Owner: OptionOwner.Server } ? $"{key} is the server's, and no {kind}'s."
                    : OptionHint.For(ConfigKeys.NameOf(key), ConfigKeys.Names()) is { } near ? $"a {kind} has no option {key}; did you mean {near}?" : $"a {kind} has no option {key}.";
            }

            if (ConfigKeys.Texts(own, node.Find(key)!, out IReadOnlyList<string> texts) is { } problem)
            {
                return $"{key}: {problem}";
            }

            parts.AddRange(texts.Select(text => !own.IsSwitch ? $"{own.Name}={text}" : text == "true" ? own.Name : $"no-{own.Name}"));
        }

        return null;
    }

    // Word: what sentences call it. Front, Application: the keys that it has at the least.
    private sealed record TableForm(string Word, string Front, string Application, string Sentence);
}
