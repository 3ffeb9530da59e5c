using Hydra.Control;
using Xunit;

namespace Hydra.Tests.Control;

public class StatusTextTests
{
    private static readonly WorkerStatus Busy = new()
    {
        Index = 0,
        Pid = 101,
        State = "ready",
        Age = 90,
        InFlight = 7,
        Sessions = 1,
        Requests = 12345,
        Rss = 50L << 20,
        Cpu = 0.5,
        LoopLag = 0.002,
        Active = [.. Enumerable.Range(0, 6).Select(static i => new ActiveStatus($"0.{i}.1", "GET", $"/{i}", 20 - i, i == 5 ? "session" : "waiting"))],
    };

    private static readonly StatusDocument Status = new()
    {
        Version = "1.2.3",
        Pid = 99,
        State = "serving",
        NotReady = "no worker is ready",
        Uptime = 3700,
        Addresses = ["http://127.0.0.1:8000"],
        LogLevel = "info",
        Connections = 12,
        Rss = 30L << 20,
        Requests = new RequestsStatus
        {
            Total = 1000,
            Status = new Dictionary<string, long> { ["2xx"] = 990, ["4xx"] = 0, ["5xx"] = 10 },
            Failures = new Dictionary<string, long> { ["worker_lost"] = 2 },
            Window = 10,
            Rate = 123.4,
            FailedRate = 0.5,
            P50 = 0.0021,
            P90 = 0.012,
            P99 = 1.5,
        },
        Pools =
        [
            new PoolStatus
            {
                Name = "main:app", App = "main:app", Interface = "asgi", Wanted = new WorkerCount(2, 1, 8), Starts = 4, Ends = new Dictionary<string, long> { ["died"] = 1, ["max_requests"] = 2 },
                Queue = new QueueStatus { Length = 5, OldestWait = 0.7, RefusedFull = 3 },
                Workers = [Busy, new WorkerStatus { Index = 1, State = "waiting", StartsIn = 3.2 }],
            },
        ],
        ErrorCount = 31,
        Errors = [new ErrorStatus(new DateTimeOffset(2026, 11, 30, 1, 2, 3, TimeSpan.Zero), "error", "worker 1 was ended by SIGKILL\u001b[31m")],
    };

    [Fact]
    public void Lines_OfABusyServer_SayWhatThereIs()
    {
        string text = string.Join('\n', StatusText.Lines(Status));

        Assert.Contains("hydra 1.2.3, pid 99, serving for 1 h 1 min; not ready: no worker is ready", text, StringComparison.Ordinal);
        Assert.Contains("1000 requests (990 2xx, 10 5xx); in the last 10 s: 123.4/s, 0.5/s of them 5xx; p50 2.1 ms, p90 12 ms, p99 1.5 s", text, StringComparison.Ordinal);
        Assert.Contains("failures: worker lost 2", text, StringComparison.Ordinal);
        Assert.Contains("main:app (asgi), 2 workers\n", text, StringComparison.Ordinal);
        Assert.Contains("queue: 5 wait, the oldest for 700 ms; refused: 3 full, 0 too late", text, StringComparison.Ordinal);
        Assert.Contains("workers started: 4; ended: max requests 2, died 1", text, StringComparison.Ordinal);
        Assert.Contains("  101  ready                     1 min 30 s          7         1     12345  50 %  50 MiB  2.0 ms\n", text, StringComparison.Ordinal);
        Assert.Contains("waiting, starts in 3.2 s", text, StringComparison.Ordinal);
        Assert.Contains("20 s  waiting    GET /0  (0.0.1)", text, StringComparison.Ordinal);
        Assert.Contains("    … and 3 more", text, StringComparison.Ordinal);
        Assert.Contains("the last of 31 errors in the log:", text, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', text);
    }

    [Theory]
    [InlineData(0.04, "0.0 s")]
    [InlineData(9.96, "10.0 s")]
    [InlineData(59.9, "59 s")]
    [InlineData(200, "3 min 20 s")]
    [InlineData(18120, "5 h 2 min")]
    [InlineData(273600, "3 d 4 h")]
    [InlineData(-1, "0.0 s")]
    public void Ago_Seconds_AreForPeople(double seconds, string expected) => Assert.Equal(expected, Words.Ago(seconds));

    [Theory]
    [InlineData(null, "-")]
    [InlineData(0.00035, "350 µs")]
    [InlineData(0.0035, "3.5 ms")]
    [InlineData(0.35, "350 ms")]
    [InlineData(35.0, "35.0 s")]
    public void Brief_Seconds_AreShort(double? seconds, string expected) => Assert.Equal(expected, Words.Brief(seconds));

    [Fact]
    public void Fit_LongOrDangerousText_IsCutAndHarmless()
    {
        Assert.Equal("abc", Words.Fit("abc", 3));
        Assert.Equal("ab…", Words.Fit("abcd", 3));
        Assert.Equal("", Words.Fit("abcd", 0));
        Assert.Equal(@"a\x1b[2Jb", Words.Fit("a\u001b[2Jb", 20));
    }

    [Fact]
    public void Render_Top_FitsTheScreenWhateverItsSize()
    {
        var screen = new TopScreen();
        for (int height = 1; height < 40; height++)
        {
            foreach (int width in (int[])[1, 10, 80, 200])
            {
                IReadOnlyList<string> lines = screen.Render(Status, null, width, height);
                Assert.Equal(Math.Max(1, height), lines.Count);
                Assert.All(lines, line => Assert.InRange(line.Length, 0, width));
            }
        }
    }

    [Fact]
    public void Render_Top_ShowsTheSlowestAndKeepsSessionsOut()
    {
        string text = string.Join('\n', new TopScreen().Render(Status, null, 120, 40));

        Assert.Contains("123.4/s  5xx 0.5/s  p50 2.1 ms", text, StringComparison.Ordinal);
        Assert.Contains("queue 5 (oldest 700 ms)", text, StringComparison.Ordinal);
        Assert.Contains("20.0 s       0  waiting  GET /0   0.0.1", text, StringComparison.Ordinal);
        Assert.DoesNotContain("GET /5", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Render_TopOfANarrowTerminal_SaysWhatIsWrongWithWorkers()
    {
        WorkerStatus[] workers = [Busy with { Pid = 1234567, Age = 200, Silent = true }, new() { Index = 1, State = "waiting", StartsIn = 200 }];
        var screen = new TopScreen();
        screen.Press('l');
        string[] lines = [.. screen.Render(Status with { Pools = [new PoolStatus { Workers = workers }] }, null, 80, 24)];

        Assert.StartsWith("hydra 1.2.3  pid 99  serving; not ready: no worker is ready  up 1 h 1 min", lines[0], StringComparison.Ordinal);
        Assert.Contains("worker      pid  state                          in flight   cpu  memory     lag", lines);
        Assert.Contains("     0  1234567  ready, does not answer                 7  50 %  50 MiB  2.0 ms", lines);
        Assert.Contains("     1        -  waiting, starts in 3 min 20 s          0     -       -       -", lines);
    }

    [Fact]
    public void Render_TopWithoutAnAnswer_SaysWhyAndKeepsTheLast()
    {
        IReadOnlyList<string> lines = new TopScreen().Render(Status, "nobody listens", 80, 30);

        Assert.Equal("nobody listens", lines[0]);
        Assert.StartsWith("hydra 1.2.3", lines[2], StringComparison.Ordinal);
        Assert.Equal("nobody listens", new TopScreen().Render(null, "nobody listens", 80, 30)[0]);
    }

    [Fact]
    public void Press_Keys_SortAndQuit()
    {
        var screen = new TopScreen();
        foreach ((char key, TopOrder order) in (IEnumerable<(char, TopOrder)>)[('c', TopOrder.Cpu), ('M', TopOrder.Memory), ('r', TopOrder.Requests), ('l', TopOrder.Lag), ('x', TopOrder.Lag), ('n', TopOrder.Number)])
        {
            Assert.True(screen.Press(key));
            Assert.Equal(order, screen.Order);
        }

        Assert.All("qQ\u001b\u0003", key => Assert.False(screen.Press(key)));
    }

    [Fact]
    public void Render_TopSorted_HasTheGreatestFirst()
    {
        WorkerStatus[] workers = [new() { Index = 0, Pid = 1, Rss = 1 << 20, State = "ready" }, new() { Index = 1, Pid = 2, Rss = 9 << 20, State = "ready" }];
        var screen = new TopScreen();
        screen.Press('m');
        IReadOnlyList<string> lines = screen.Render(Status with { Pools = [new PoolStatus { Workers = workers }] }, null, 120, 12);

        Assert.StartsWith("     1    2", lines.First(static line => line.Contains("9 MiB", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.True(lines.ToList().FindIndex(static line => line.Contains("9 MiB", StringComparison.Ordinal)) < lines.ToList().FindIndex(static line => line.Contains("1 MiB", StringComparison.Ordinal)));
    }

    [Fact]
    public void Draw_Lines_BeginAtTheTopAndClearWhatIsBehind()
        => Assert.Equal("\e[Ha\e[K\r\nb\e[K\e[J", TopScreen.Draw(["a", "b"]));

    [Fact]
    public void Lines_OfATable_AreAligned()
    {
        var table = new TextTable(">n", "name", "");
        table.Add("1", "one", "");
        table.Add("100", "hundred", "x");

        Assert.Equal(["    n  name", "    1  one", "  100  hundred  x"], table.Lines(2));
        Assert.Equal(["name", "one", "hundred  x"], table.Lines(0, 10, "n"));
        Assert.Equal(["    n  name", "    1  one", "  100  hundred  x"], table.Lines(2, 17, "n"));
    }
}
