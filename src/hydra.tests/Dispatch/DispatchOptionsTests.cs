using Hydra.Dispatch;
using Xunit;

namespace Hydra.Tests.Dispatch;

/// <summary>The rules behind the defaults of the queue.</summary>
public sealed class DispatchOptionsTests
{
    private readonly DispatchOptions _defaults = new();

    [Fact]
    public void Defaults_FullQueueAtTheRateOfASlowApplication_IsServedWithinTheTimeout()
        => Assert.InRange(_defaults.QueueSize / _defaults.QueueTimeout.TotalSeconds, 300, 335);

    [Fact]
    public void Defaults_FullQueueOfUsualRequests_IsBoundByNumberNotByBytes()
    {
        const long UsualRequest = 2 * 1024;
        Assert.InRange(_defaults.QueueSize * UsualRequest, 1, _defaults.QueueBytes / 2);
    }
}
