using Hydra.Http;
using Hydra.Tests.Transport;
using Xunit;

namespace Hydra.Tests.Http;

/// <summary>Anybody can have requests refused as fast as he likes: the log has one line for many.</summary>
public sealed class ShortageLogTests
{
    [Fact]
    public void Add_ManyAtATime_IsSaidOnce()
    {
        using var log = new ErrorRecorder();
        var shortage = new ShortageLog(log);
        for (int i = 0; i < 100; i++)
        {
            shortage.Add(2048);
        }

        Assert.StartsWith(
            "Requests are refused: what clients have the server hold takes all of its 2 KiB (--memory-limit). 1 since",
            Assert.Single(log.Entries).Text, StringComparison.Ordinal);
    }
}
