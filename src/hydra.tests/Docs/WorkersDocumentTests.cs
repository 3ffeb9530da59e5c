using Hydra.Workers.Supervision;
using Xunit;

namespace Hydra.Tests.Docs;

/// <summary>docs/workers.md shows the tables that the supervisor goes by.</summary>
public sealed class WorkersDocumentTests
{
    private static readonly string Document = File.ReadAllText(RepositoryFiles.At("docs", "workers.md"));

    [Fact]
    public void Document_Transitions_AreThoseOfTheTable()
        => Assert.Equal(
            WorkerTransitions.All.Select(t => $"| {t.From} | {t.To} | {t.When} |"),
            Rows("| from | to | when |"));

    [Fact]
    public void Document_Reasons_AreThoseOfTheTable()
        => Assert.Equal(
            RetireRules.All.Select(r => $"| {r.Reason} | {r.When} | {YesNo(r.ReplacementFirst)} | {YesNo(r.Drains)} |"),
            Rows("| reason | when | replacement first | finishes its requests |"));

    [Fact]
    public void Document_States_AreAllNamed()
        => Assert.All(Enum.GetNames<WorkerState>(), name => Assert.Contains(Rows("| state | |"), row => row.StartsWith($"| {name} |", StringComparison.Ordinal)));

    private static string YesNo(bool value) => value ? "yes" : "no";

    private static IEnumerable<string> Rows(string heading)
        => Document.Split('\n').SkipWhile(line => line != heading).Skip(2).TakeWhile(line => line.StartsWith("| ", StringComparison.Ordinal));
}
