using Hydra.Hosting;
using Xunit;

namespace Hydra.Tests.Hosting;

/// <summary>What /-/ready and /-/live say.</summary>
public class ReadinessTests
{
    private bool _hasWorkers = true;

    [Fact]
    public void Obstacle_FromStartToEnd_IsWhatTheServerIsAt()
    {
        Readiness readiness = Make();
        Assert.Equal("starting", readiness.Obstacle);
        Assert.True(readiness.TryMoveTo(ServerState.Serving));
        Assert.Null(readiness.Obstacle);
        Assert.True(readiness.TryMoveTo(ServerState.Draining));
        Assert.Equal("draining", readiness.Obstacle);
        Assert.True(readiness.TryMoveTo(ServerState.Serving));
        Assert.True(readiness.TryMoveTo(ServerState.Stopping));
        Assert.Equal("stopping", readiness.Obstacle);
    }

    [Fact]
    public void Obstacle_WithoutAWorker_SaysSo()
    {
        Readiness readiness = Make();
        readiness.TryMoveTo(ServerState.Serving);
        _hasWorkers = false;

        Assert.Equal((503, "no worker is ready\n"), HealthAnswer.Of(HealthAnswer.ReadyPath, readiness));
        Assert.Equal((200, "live\n"), HealthAnswer.Of(HealthAnswer.LivePath, readiness));
        _hasWorkers = true;
        Assert.Equal((200, "ready\n"), HealthAnswer.Of(HealthAnswer.ReadyPath, readiness));
    }

    [Theory]
    [InlineData(ServerState.Starting, ServerState.Draining)]
    [InlineData(ServerState.Stopping, ServerState.Serving)]
    [InlineData(ServerState.Stopping, ServerState.Draining)]
    internal void TryMoveTo_WhereNoneLeads_StaysAsItIs(ServerState from, ServerState to)
    {
        Readiness readiness = Make();
        readiness.TryMoveTo(from);

        Assert.False(readiness.TryMoveTo(to));
        Assert.Equal(from, readiness.State);
    }

    private Readiness Make() => new(() => _hasWorkers);
}
