using Hydra.Http;
using Hydra.Tests.Hosting;
using Hydra.Tests.Workers;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Hydra.Tests.Http;

/// <summary>What is said of requests that are refused.</summary>
public sealed class FaultLogTests
{
    [Fact]
    public void Add_SeveralInASecond_SaysOneAndCountsTheOthers()
    {
        var records = new RecordingLogger();
        var clock = new ManualClock();
        var log = new FaultLog(records, clock);
        log.Add("10.0.0.1:1", "its host is none", 400);
        log.Add("10.0.0.1:2", "its host is none", 400);
        clock.Now += TimeSpan.FromSeconds(1);
        log.Add("unix", "a single chunk of its body is of 2 GiB or more", 413);

        Assert.Equal(
            [
                "A request of 10.0.0.1:1 was refused: its host is none; the client got 400.",
                "A request of unix was refused: a single chunk of its body is of 2 GiB or more; the client got 413. 1 more before.",
            ],
            records.Texts);
        Assert.All(records.Records, static record => Assert.Equal(LogLevel.Information, record.Level));
    }
}
