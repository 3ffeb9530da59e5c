namespace Hydra.Configuration;

/// <summary>An option's value as <see cref="ForeignWord"/> has it taken: an option of ours, and the text for it.</summary>
internal readonly record struct TakenOption(string Name, string Text);

/// <summary>
/// An option that gunicorn or uvicorn have and Hydra has not under this name. It is taken for what it means here where that is the same,
/// and else answered with what to do; it is never guessed at.
/// </summary>
internal sealed record ForeignWord
{
    /// <summary>Its long names without dashes; with "no-" where that is the form that was typed.</summary>
    public required IReadOnlyList<string> Names { get; init; }

    /// <summary>Its letter, or null.</summary>
    public char? Short { get; init; }

    /// <summary>Whether a value follows.</summary>
    public bool HasValue { get; init; }

    /// <summary>What it is taken for: nothing to do gives an empty list, a value that Hydra has no equal for gives null.</summary>
    public Func<string, IReadOnlyList<TakenOption>?> Take { get; init; } = static _ => null;

    /// <summary>What is taken, in words for docs/migrate.md; null where nothing is.</summary>
    public string? Taken { get; init; }

    /// <summary>What to do instead: the rest of a sentence that begins with the option. Null where any value is taken.</summary>
    public string? Answer { get; init; }
}
