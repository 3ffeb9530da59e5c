using Hydra.Primitives;

namespace Hydra.Configuration;

/// <summary>Reads how urgent requests are: /health=high, /export=low.</summary>
internal static class PriorityText
{
    private static readonly (string Name, RequestPriority Value)[] Names =
        [("high", RequestPriority.High), ("normal", RequestPriority.Normal), ("low", RequestPriority.Low)];

    /// <summary>Reads a rule.</summary>
    /// <param name="text">The rule.</param>
    /// <param name="rule">What it says.</param>
    /// <returns>Null, or what is wrong with it.</returns>
    public static string? Read(string text, out PriorityRule rule)
    {
        rule = new PriorityRule(MountPlace.Everywhere, RequestPriority.Normal);
        int equals = text.LastIndexOf('=');
        if (equals <= 0)
        {
            return $"\"{text}\" is not of the form PATH=high, such as /health=high; high, normal and low are the words.";
        }

        if (PlaceOf(text[..equals], out MountPlace place) is { } misplaced)
        {
            return misplaced;
        }

        string? problem = ValueReader.Choice(text[(equals + 1)..].Trim(), Names, out RequestPriority priority);
        rule = new PriorityRule(place, priority);
        return problem;
    }

    /// <summary>Reads a place, behind whose path "/*" may stand for all that is below it.</summary>
    /// <returns>Null, or what is wrong with it.</returns>
    public static string? PlaceOf(string text, out MountPlace place)
    {
        text = text.Trim();
        string rest = text.EndsWith("/*", StringComparison.Ordinal) ? text[..^1] : text;
        int slash = rest.IndexOf('/', StringComparison.Ordinal);
        place = MountPlace.Everywhere;
        return slash >= 0 && rest.IndexOf('*', slash) >= 0 ? $"\"{text}\": * stands behind the last slash of a path alone, for all that is below it."
            : slash < 0 && rest.Length > 0 && rest.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_') ? $"\"{text}\" is no path: write /{text}, or {text}/ for a host of that name."
            : MountPlace.Read(rest, out place);
    }
}
