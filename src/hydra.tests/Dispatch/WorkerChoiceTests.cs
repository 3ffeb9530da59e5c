using Hydra.Dispatch;
using Hydra.Tests.Workers.Links;
using Hydra.Workers.Links;
using Xunit;

namespace Hydra.Tests.Dispatch;

public sealed class WorkerChoiceTests
{
    private readonly WorkerChoice _choice = new();

    [Fact]
    public void Enter_NoWorkerOrNoRoom_IsNull()
    {
        var full = new FakeWorker(threads: 1);

        Assert.Null(_choice.Enter([], 0));
        Assert.Same(full.Handle, _choice.Enter([full.Handle], 0));
        Assert.Null(_choice.Enter([full.Handle], full.Handle.Id));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Enter_EquallyBusy_IsTheOneThatServedTheConnectionLast(int threads)
    {
        WorkerHandle[] ready = [new FakeWorker(threads).Handle, new FakeWorker(threads).Handle, new FakeWorker(threads).Handle];

        foreach (WorkerHandle last in ready)
        {
            for (int i = 0; i < 5; i++)
            {
                WorkerHandle? chosen = _choice.Enter(ready, last.Id);
                Assert.Same(last, chosen);
                last.Window.Leave();
                last.Window.OnTaken(1);
            }
        }
    }

    [Fact]
    public void Enter_EquallyBusyAndNoneWasLast_TakeTurns()
    {
        WorkerHandle[] ready = [new FakeWorker(threads: 4).Handle, new FakeWorker(threads: 4).Handle];

        Assert.NotSame(_choice.Enter(ready, 0), _choice.Enter(ready, 0));
    }

    [Fact]
    public void Enter_ThreadIsFree_StaysThoughAnotherIsIdle()
    {
        WorkerHandle[] ready = [new FakeWorker(threads: 2).Handle, new FakeWorker(threads: 2).Handle];

        Assert.Same(ready[0], _choice.Enter(ready, ready[0].Id));
        Assert.Same(ready[0], _choice.Enter(ready, ready[0].Id));
        Assert.Same(ready[1], _choice.Enter(ready, ready[0].Id));
    }

    [Fact]
    public void Enter_SlowLoopIsBusy_MovesToTheIdleOne()
    {
        WorkerHandle[] ready = [new FakeWorker().Handle, new FakeWorker().Handle];
        Assert.Same(ready[0], _choice.Enter(ready, ready[0].Id));
        ready[0].Window.OnTaken(1);

        Assert.Same(ready[1], _choice.Enter(ready, ready[0].Id));
    }

    [Fact]
    public void Enter_QuickLoopIsSomewhatBusier_StaysUntilItIsMuchBusier()
    {
        WorkerHandle[] ready = [FakeWorker.Quick().Handle, FakeWorker.Quick().Handle];
        for (int i = 0; i < 9; i++)
        {
            Assert.Same(ready[0], _choice.Enter(ready, ready[0].Id));
            ready[0].Window.OnTaken(1);
        }

        Assert.Same(ready[1], _choice.Enter(ready, ready[0].Id));
    }

    [Fact]
    public void Enter_LastIsShut_IsAnother()
    {
        WorkerHandle[] ready = [new FakeWorker().Handle, new FakeWorker().Handle];
        ready[0].Shut();

        Assert.Same(ready[1], _choice.Enter(ready, ready[0].Id));
    }

    [Fact]
    public void Enter_LastIsSilent_IsAnother()
    {
        WorkerHandle[] ready = [FakeWorker.Quick().Handle, FakeWorker.Quick().Handle];
        ready[0].IsSilent = true;

        Assert.Same(ready[1], _choice.Enter(ready, ready[0].Id));
    }
}
