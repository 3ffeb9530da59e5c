using Hydra.Primitives;

namespace Hydra.Configuration;

/// <summary>Options that an application has of its own, behind commas: NAME=VALUE, and of a switch NAME or no-NAME.</summary>
internal static class OwnOptions
{
    /// <summary>Splits at commas that an option follows: others belong to a value, as those between the parentheses of a factory do.</summary>
    public static List<string> Split(string text)
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

    /// <summary>Reads one option.</summary>
    /// <param name="part">The option.</param>
    /// <param name="within">What it stands in: a mount, a pool.</param>
    /// <param name="source">Who has said it.</param>
    /// <param name="problems">Told what is wrong with it.</param>
    /// <returns>Null where it is wrong.</returns>
    public static (Option Option, OptionValue Value)? Read(string part, string within, OptionSource source, List<string> problems)
    {
        int equals = part.IndexOf('=', StringComparison.Ordinal);
        string name = (equals < 0 ? part : part[..equals]).Trim();
        bool isNegated = name.StartsWith("no-", StringComparison.Ordinal) && OptionTable.Find(name) is null;
        Option option = OptionTable.Find(isNegated ? name[3..] : name)!;
        string? problem = option.Name is "app" or "mount" or "pool" or "task-pool" ? $"{name} cannot be said within a {within}."
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

    /// <summary>Puts options into the draft of their application.</summary>
    public static void Bind(IEnumerable<(Option Option, OptionValue Value)> given, OptionsDraft own, List<string> problems)
    {
        foreach (IGrouping<Option, OptionValue> same in given.GroupBy(static pair => pair.Option, static pair => pair.Value))
        {
            // As on the command line the last counts.
            foreach (OptionValue value in same.Key.Repeatable ? same : same.TakeLast(1))
            {
                if (same.Key.Binder.Bind(own, value) is { } problem)
                {
                    problems.Add($"{same.Key.Name}: {problem}");
                }
            }
        }
    }

    private static bool BeginsOption(ReadOnlySpan<char> rest)
    {
        int end = rest.IndexOfAny('=', ',');
        string name = (end < 0 ? rest : rest[..end]).Trim().ToString();
        return OptionTable.Find(name) is not null || (name.StartsWith("no-", StringComparison.Ordinal) && OptionTable.Find(name[3..]) is { IsSwitch: true });
    }
}
