using Hydra.Tests.Workers.Supervision;
using Hydra.Workers.Links;
using Xunit;

namespace Hydra.Tests.Workers.Links;

/// <summary>Strangers on the worker socket, in the log.</summary>
public sealed class RefusalsLogTests
{
    [Fact]
    public void Add_Thousands_SaysTheFirstAndThenTheirNumber()
    {
        var log = new RecordingLogger();
        var clock = new ManualClock();
        var refusals = new RefusalsLog(log, clock);
        for (int i = 0; i < 3000; i++)
        {
            refusals.Add("its token is wrong");
        }

        Assert.Equal(["a connection on the worker socket was refused: its token is wrong"], log.Records.Select(static r => r.Text));
        clock.Now += RefusalsLog.Pause;
        refusals.Add("its first frame is no HELLO");

        Assert.Equal("3000 connections on the worker socket were refused; the last one: its first frame is no HELLO", log.Records[^1].Text);
        Assert.Equal(2, log.Records.Count);
    }
}
