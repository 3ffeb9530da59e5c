using Hydra.Cli;
using Xunit;

namespace Hydra.Tests.Cli;

public sealed class BannerTests
{
    private static readonly BannerFacts Facts = new(
        ["http://127.0.0.1:8000", "unix:/run/x.sock"], [new BannerPool("main:app", "asgi", 4, "CPython 3.11.7", "uvloop 0.17.0")],
        TimeSpan.FromMilliseconds(123.4));

    private static readonly BannerFacts TwoPools = Facts with
    {
        Pools = [.. Facts.Pools, new BannerPool("old.wsgi:application", "wsgi", 1, "CPython 3.8.1", "threads")],
    };

    [Fact]
    public void Block_WithoutColors_IsPlain()
        => Assert.Equal(
            "\n  Hydra 0.1.0  ready in 123 ms\n\n    http://127.0.0.1:8000\n    unix:/run/x.sock\n\n    app      main:app (asgi)\n"
                + "    workers  4 (CPython 3.11.7, uvloop 0.17.0)\n\n  Ctrl+C stops the server.\n\n",
            Banner.Block(Facts, useColors: false));

    [Fact]
    public void Block_WithColors_TurnsEachOff()
    {
        string[] lines = Banner.Block(Facts, useColors: true).Split('\n');

        Assert.Contains(lines, static line => line.Contains("\e[1mHydra", StringComparison.Ordinal));
        Assert.All(lines, static line => Assert.True(line.LastIndexOf("\e[0m", StringComparison.Ordinal) >= line.LastIndexOf('\e')));
    }

    [Fact]
    public void Sentence_ForALogFile_SaysTheSame()
        => Assert.Equal(
            "hydra 0.1.0 is ready at http://127.0.0.1:8000, unix:/run/x.sock after 123 ms: main:app (asgi), 4 workers, CPython 3.11.7, uvloop 0.17.0",
            Banner.Sentence(Facts));

    [Fact]
    public void Block_ControlCharacters_AreEscaped()
        => Assert.Contains("\\x1b]0;", Banner.Block(Facts with { Pools = [Facts.Pools[0] with { Python = "\e]0;" }] }, useColors: false), StringComparison.Ordinal);

    [Fact]
    public void Block_SeveralApplications_AreBelowEachOther()
        => Assert.Contains(
            "    app      main:app (asgi)\n    workers  4 (CPython 3.11.7, uvloop 0.17.0)\n\n"
                + "    app      old.wsgi:application (wsgi)\n    workers  1 (CPython 3.8.1, threads)\n\n",
            Banner.Block(TwoPools, useColors: false), StringComparison.Ordinal);

    [Fact]
    public void Sentence_SeveralApplications_AreBehindEachOther()
        => Assert.EndsWith(
            "main:app (asgi), 4 workers, CPython 3.11.7, uvloop 0.17.0; old.wsgi:application (wsgi), 1 worker, CPython 3.8.1, threads",
            Banner.Sentence(TwoPools), StringComparison.Ordinal);
}
