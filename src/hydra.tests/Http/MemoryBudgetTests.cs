using Hydra.Http;
using Xunit;

namespace Hydra.Tests.Http;

public sealed class MemoryBudgetTests
{
    [Fact]
    public void TryTake_UpToTheCapacity_TakesAllOrNothing()
    {
        var budget = new MemoryBudget(100);

        Assert.True(budget.TryTake(60));
        Assert.False(budget.TryTake(41));
        Assert.Equal(60, budget.Used);
        Assert.True(budget.TryTake(40));
        Assert.Equal(100, budget.Used);
    }

    [Fact]
    public void Give_WhatWasTaken_CanBeTakenAgain()
    {
        var budget = new MemoryBudget(100);
        budget.TryTake(100);
        budget.Give(30);

        Assert.True(budget.TryTake(30));
        Assert.False(budget.TryTake(1));
    }

    [Theory]
    [InlineData(75, false)]
    [InlineData(76, true)]
    public void IsTight_BeyondThreeQuarters_IsTrue(long used, bool expected)
    {
        var budget = new MemoryBudget(100);
        budget.TryTake(used);

        Assert.Equal(expected, budget.IsTight);
    }
}
