using Hydra.Dispatch;
using Hydra.Tests.Workers;
using Xunit;

namespace Hydra.Tests.Dispatch;

public sealed class RefusalsTests
{
    [Fact]
    public void Refuse_AndClaim_CountAndLeaveOutWhoHasGone()
    {
        var queue = new RequestQueue(1, 100);
        var refusals = new Refusals(queue, new QueueClock(new ManualTime()), new RecordingLogger());
        Refusal refusal = refusals.Refuse(Failure.QueueFull, 2, 0);
        refusals.Refuse(Failure.QueueTimeout, 3, 0);
        List<QueuedStream> refused = [new Workers.Links.FakeStream { IsWanted = false }, new Workers.Links.FakeStream()];
        refusals.Claim(refused, refusal, 0);

        Assert.Equal((2L, 3L), (refusals.Full, refusals.Late));
        Assert.Equal(Failure.QueueFull, refusal.Reason);
        var stays = Assert.IsType<Workers.Links.FakeStream>(Assert.Single(refused));
        Refusals.Answer(refused);
        Assert.Equal("refused", stays.Events[^1]);
    }
}
