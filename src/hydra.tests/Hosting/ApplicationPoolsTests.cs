using Hydra.Hosting;
using Hydra.Protocol;
using Hydra.Workers.Links;
using Hydra.Workers.Supervision;
using Xunit;

namespace Hydra.Tests.Hosting;

public sealed class ApplicationPoolsTests
{
    private static readonly StartOutcome First = new(new WorkerInfo("asgi", InterfaceFeatures.None, "CPython 3.13", "asyncio", 0), null);
    private static readonly StartOutcome Second = new(new WorkerInfo("wsgi", InterfaceFeatures.InterruptibleThreads, "CPython 3.8", "threads", 1), null);
    private static readonly StartOutcome Failed = new(null, new WorkerFailure(StartFailure.Internal, "no such module", ""));

    [Fact]
    public async Task WhenStarted_AllReady_GivesThemInTheirOrder()
    {
        var slow = new TaskCompletionSource<StartOutcome>();
        Task<IReadOnlyList<StartOutcome>> started = ApplicationPools.WhenStartedAsync([slow.Task, Task.FromResult(Second)]);

        Assert.False(started.IsCompleted);
        slow.SetResult(First);

        Assert.Equal([First, Second], await started);
    }

    [Fact]
    public async Task WhenStarted_OneFails_DoesNotWaitForTheOthers()
        => Assert.Equal([Failed], await ApplicationPools.WhenStartedAsync([new TaskCompletionSource<StartOutcome>().Task, Task.FromResult(Failed)]));
}
