using System.Text;
using Hydra.Primitives;

namespace Hydra.Cli;

/// <summary>What the server says of itself once it is ready.</summary>
/// <param name="Addresses">Where it listens, as clients write it.</param>
/// <param name="Pools">Its applications.</param>
/// <param name="Elapsed">How long the start took.</param>
internal sealed record BannerFacts(IReadOnlyList<string> Addresses, IReadOnlyList<BannerPool> Pools, TimeSpan Elapsed);

/// <summary>What the server says of one application.</summary>
/// <param name="App">The application.</param>
/// <param name="Interface">What it speaks, as its worker said.</param>
/// <param name="Workers">Worker processes.</param>
/// <param name="Python">Implementation and version.</param>
/// <param name="Loop">The event loop with its version, or "threads".</param>
/// <param name="Place">Where it is mounted; empty where that goes without saying.</param>
internal sealed record BannerPool(string App, string Interface, int Workers, string Python, string Loop, string Place = "");

/// <summary>Writes the banner: a block for a person at a terminal, a sentence for a log file.</summary>
internal static class Banner
{
    /// <summary>The block, at most 80 columns wide where the names in it are not longer.</summary>
    public static string Block(BannerFacts facts, bool useColors)
    {
        string bold = useColors ? "\e[1m" : "";
        string dim = useColors ? "\e[2m" : "";
        string blue = useColors ? "\e[36m" : "";
        string off = useColors ? "\e[0m" : "";

        var text = new StringBuilder();
        text.Append($"\n  {bold}Hydra {VersionText.Number}{off}  {dim}ready in {Milliseconds(facts.Elapsed)} ms{off}\n\n");
        foreach (string address in facts.Addresses)
        {
            text.Append($"    {blue}{ControlText.Escape(address)}{off}\n");
        }

        foreach (BannerPool pool in facts.Pools)
        {
            text.Append($"\n    {dim}app{off}      {Application(pool)}\n");
            text.Append($"    {dim}workers{off}  {Workers(pool)}\n");
        }

        text.Append($"\n  {dim}Ctrl+C stops the server.{off}\n\n");
        return text.ToString();
    }

    /// <summary>What a log file gets instead: one line.</summary>
    public static string Sentence(BannerFacts facts)
        => $"{VersionText.Full} is ready at {string.Join(", ", facts.Addresses)} after {Milliseconds(facts.Elapsed)} ms: "
            + string.Join("; ", facts.Pools.Select(static pool => Sentence(pool)));

    /// <summary>What it says of one application.</summary>
    public static string Sentence(BannerPool pool)
        => $"{Application(pool)}, {(pool.Workers == 1 ? "1 worker" : $"{pool.Workers} workers")}, {pool.Python}, {pool.Loop}";

    private static string Application(BannerPool pool) => ControlText.Escape($"{pool.App} ({pool.Interface})" + (pool.Place.Length > 0 ? $" at {pool.Place}" : ""));

    private static string Workers(BannerPool pool) => ControlText.Escape($"{pool.Workers} ({pool.Python}, {pool.Loop})");

    private static string Milliseconds(TimeSpan elapsed) => ((long)elapsed.TotalMilliseconds).ToString();
}
