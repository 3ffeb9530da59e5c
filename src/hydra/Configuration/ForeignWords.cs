namespace Hydra.Configuration;

/// <summary>
/// The words of gunicorn 27, uvicorn 0.54, granian 2.7, hypercorn 0.14 and uWSGI 2.0 that are no options of Hydra's. What they call the same is an option or an alias in the
/// <see cref="OptionTable"/>; docs/migrate.md has all of them.
/// </summary>
internal static partial class ForeignWords
{
    private const string NoDirty = "a class in processes of its own is --task-pool NAME=MODULE:CLASS,workers=N,threads=N,request-timeout=TIME, and called with hydra_server.pool.";

    /// <summary>All of them, in the order of docs/migrate.md.</summary>
    public static IReadOnlyList<ForeignWord> All { get; } = [.. ProcessWords, .. LogWords, .. ProtocolWords, .. GranianWords, .. HypercornWords, .. UwsgiWords];

    /// <summary>The word with this long name, or null.</summary>
    public static ForeignWord? Find(string name) => All.FirstOrDefault(word => word.Names.Contains(name));

    /// <summary>The word with this one-letter name, or null.</summary>
    public static ForeignWord? Find(char letter) => All.FirstOrDefault(word => word.Short == letter);

    private static IReadOnlyList<TakenOption>? Nothing(string value) => [];

    private static ForeignWord Ignored(string taken, bool hasValue, params string[] names)
        => new() { Names = names, HasValue = hasValue, Take = Nothing, Taken = taken };

    private static ForeignWord Refused(string answer, bool hasValue, params string[] names)
        => new() { Names = names, HasValue = hasValue, Answer = answer };
}
