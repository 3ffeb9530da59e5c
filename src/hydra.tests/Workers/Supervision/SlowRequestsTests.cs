using Hydra.Protocol;
using Hydra.Tests.Workers.Links;
using Hydra.Workers.Links;
using Hydra.Workers.Processes;
using Hydra.Workers.Supervision;
using Xunit;

namespace Hydra.Tests.Workers.Supervision;

public sealed class SlowRequestsTests : IWorkerLogSink, IDisposable
{
    private static readonly ActiveStream Slow = new(1, (3UL << 32) | 2, TimeSpan.FromSeconds(1.5), "GET", "/report", StreamPhase.Waiting);

    private readonly FleetHarness _fleet = FleetHarness.Running();
    private readonly ManualClock _clock = new();
    private readonly List<string> _lines = [];
    private readonly SlowRequests _slow;

    public SlowRequestsTests() => _slow = new SlowRequests(TimeSpan.FromSeconds(1.5), this, _clock);

    public void Dispose() => _fleet.Dispose();

    [Fact]
    public void Describe_WithStacks_ShowsThem()
        => Assert.Equal(
            "GET /report has taken longer than 1.5 s, and goes on (request 1.2.3). It is here:\n  File \"a.py\", line 1",
            _slow.Describe(Slow, "  File \"a.py\", line 1", silence: null, others: 0));

    [Fact]
    public void Describe_Otherwise_SaysWhyNot()
    {
        Assert.EndsWith("(request 1.2.3)", _slow.Describe(Slow, null, silence: null, others: 0), StringComparison.Ordinal);
        Assert.EndsWith(". It has just ended", _slow.Describe(Slow, "", silence: null, others: 0), StringComparison.Ordinal);
        Assert.EndsWith("its worker does not say: its process is stopped", _slow.Describe(Slow, null, silence: "its process is stopped", others: 0), StringComparison.Ordinal);
        Assert.EndsWith("\n1 request before it was as slow, and is not shown", _slow.Describe(Slow, null, silence: null, others: 1), StringComparison.Ordinal);
        Assert.EndsWith("\n4 requests before it were as slow, and are not shown", _slow.Describe(Slow, null, silence: null, others: 4), StringComparison.Ordinal);
    }

    [Fact]
    public void Note_ManyAtOnce_SaysSomeAndCountsTheOthers()
    {
        WorkerLink link = Noted(out FakeStream stream);
        for (int i = 0; i < SlowRequests.Most + 3; i++)
        {
            _slow.Note(_fleet.Last, link, stream.Id);
        }

        Assert.Equal(SlowRequests.Most, _lines.Count);
        _clock.Now += SlowRequests.Pause;
        _slow.Note(_fleet.Last, link, stream.Id);
        Assert.EndsWith("3 requests before it were as slow, and are not shown", _lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void Note_RequestThatHasJustEnded_SaysNothing()
    {
        WorkerLink link = Noted(out _);
        _slow.Note(_fleet.Last, link, 12345);

        Assert.Empty(_lines);
    }

    void IWorkerLogSink.Write(int worker, int pid, WireLogLevel level, DateTimeOffset created, string logger, string message) => _lines.Add(message);

    void IWorkerLogSink.WriteLine(int worker, int pid, string line, bool isError) => _lines.Add(line);

    private static WorkerLink Noted(out FakeStream stream)
    {
        var worker = new WorkerHandle(0);
        var link = new WorkerLink(new FakeChannel(), worker, 0, (_, _) => { }) { Notes = new StreamNotes() };
        link.Start();
        worker.Open([link], new WorkerWindow(threads: 1, limit: 0));
        stream = new FakeStream("/slow");
        Assert.True(worker.Window.TryEnter());
        Assert.True(link.TryOpen(stream));
        return link;
    }
}
