using Hydra.Primitives;
using Xunit;

namespace Hydra.Tests.Primitives;

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

    [Fact]
    public void TryTake_OfAShare_TakesOfTheWholeAsWell()
    {
        var whole = new MemoryBudget(100);
        var first = new MemoryBudget(80, whole);
        var second = new MemoryBudget(80, whole);
        Assert.True(first.TryTake(70));

        Assert.False(second.TryTake(40));
        Assert.Equal((0, 70), (second.Used, whole.Used));
        Assert.False(first.TryTake(20));
        Assert.Equal((70, 70), (first.Used, whole.Used));
        Assert.True(second.TryTake(30));
        Assert.True(first is { IsTight: true, IsUsedUp: true });
        first.Give(70);
        second.Give(30);
        Assert.Equal((0, 0, 0), (first.Used, second.Used, whole.Used));
        Assert.False(first.IsTight || first.IsUsedUp);
    }
}
