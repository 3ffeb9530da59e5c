using Hydra.Configuration;
using Hydra.Hosting;
using Hydra.Primitives;
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

    [Fact]
    public void CheckPlaces_TwoAtOnePlace_IsASentence()
    {
        ApplicationOptions first = new() { App = "a:app", Place = MountPlace.At("", "/api") };
        ApplicationOptions second = first with { App = "b:app" };

        StartException failure = Assert.Throws<StartException>(() => ApplicationPools.CheckPlaces([new ApplicationOptions(), first, second]));

        Assert.Equal("a:app and b:app are both mounted at /api: give each a place of its own (--mount).", failure.Message);
    }

    [Fact]
    public void CheckPlaces_PathOfTwoPools_IsASentence()
    {
        ApplicationOptions slow = new() { App = "a:app", Pool = "slow", PoolPlaces = [MountPlace.At("", "/x"), MountPlace.At("", "/y")] };
        ApplicationPools.CheckPlaces([new ApplicationOptions(), slow]);

        Assert.Contains("/y is the pool other's", Assert.Throws<StartException>(() => ApplicationPools.CheckPlaces(
            [slow, slow with { Pool = "other", PoolPlaces = [MountPlace.At("", "/y")] }])).Message, StringComparison.Ordinal);
        Assert.Equal("slow", ApplicationPools.LabelOf(slow, [slow]));
    }

    [Fact]
    public void CheckPlaces_OneBelowAnother_IsFine()
        => ApplicationPools.CheckPlaces([new ApplicationOptions(), new() { Place = MountPlace.At("", "/api") }, new() { Place = MountPlace.At("", "/api/v2") }]);

    [Fact]
    public void LabelOf_Applications_IsThePlaceWhereThereAreSeveral()
    {
        ApplicationOptions main = new() { App = "a:app" };
        ApplicationOptions mounted = new() { App = "a:app", Place = MountPlace.At("example.org", "/api") };

        Assert.Equal("", ApplicationPools.LabelOf(main, [main]));
        Assert.Equal("/", ApplicationPools.LabelOf(main, [main, mounted]));
        Assert.Equal("example.org/api", ApplicationPools.LabelOf(mounted, [main, mounted]));
        Assert.Equal("example.org/api", ApplicationPools.LabelOf(mounted, [mounted]));
    }
}
