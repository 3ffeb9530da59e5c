using System.Text;
using Hydra.Primitives;

namespace Hydra.Cli;

/// <summary>What the server says of itself once it is ready.</summary>
/// <param name="Addresses">Where it listens, as clients write it.</param>
/// <param name="App">The application.</param>
/// <param name="Interface">What it speaks, as its worker said.</param>
/// <param name="Workers">Worker processes.</param>
/// <param name="Python">Implementation and version.</param>
/// <param name="Loop">The event loop with its version, or "threads".</param>
/// <param name="Elapsed">How long the start took.</param>
internal sealed record BannerFacts(
    IReadOnlyList<string> Addresses, string App, string Interface, int Workers, string Python, string Loop, TimeSpan Elapsed);

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

        text.Append($"\n    {dim}app{off}      {Application(facts)}\n");
        text.Append($"    {dim}workers{off}  {Workers(facts)}\n");
        text.Append($"\n  {dim}Ctrl+C stops the server.{off}\n\n");
        return text.ToString();
    }

    /// <summary>The sentence.</summary>
    public static string Sentence(BannerFacts facts)
        => $"{VersionText.Full} is ready at {string.Join(", ", facts.Addresses)} after {Milliseconds(facts.Elapsed)} ms: "
            + $"{Application(facts)}, "
            + $"{(facts.Workers == 1 ? "1 worker" : $"{facts.Workers} workers")}, {facts.Python}, {facts.Loop}";

    private static string Application(BannerFacts facts) => ControlText.Escape($"{facts.App} ({facts.Interface})");

    private static string Workers(BannerFacts facts) => ControlText.Escape($"{facts.Workers} ({facts.Python}, {facts.Loop})");

    private static string Milliseconds(TimeSpan elapsed) => ((long)elapsed.TotalMilliseconds).ToString();
}
