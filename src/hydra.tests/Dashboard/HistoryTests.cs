using Hydra.Dashboard;
using Xunit;

namespace Hydra.Tests.Dashboard;

public sealed class HistoryTests
{
    private static readonly HistorySample Any = new(0, 0, [0, 0, 0, 0, 0], 0, null, null, null, 0, []);

    [Fact]
    public void Read_Nothing_IsNothing() => Assert.Empty(new History(3).Read(0));

    [Theory]
    [InlineData(0, new[] { 1, 2 })]
    [InlineData(1, new[] { 2 })]
    [InlineData(2, new int[0])]
    [InlineData(-5, new[] { 1, 2 })]
    public void Read_BeforeItIsFull_HasWhatCameAfter(long after, int[] expected) => Assert.Equal(expected, Numbers(Filled(3, 2), after));

    [Theory]
    [InlineData(0, new[] { 5, 6, 7 })]
    [InlineData(2, new[] { 5, 6, 7 })]
    [InlineData(5, new[] { 6, 7 })]
    [InlineData(7, new int[0])]
    public void Read_WhenItIsFull_HasTheLastOnes(long after, int[] expected) => Assert.Equal(expected, Numbers(Filled(3, 7), after));

    [Fact]
    public void Read_AfterOneThatHasNotBeen_HasAll() => Assert.Equal([5, 6, 7], Numbers(Filled(3, 7), 900));

    [Fact]
    public void Add_SaysItsNumber()
    {
        var history = new History(2);

        Assert.Equal([1, 2, 3], new[] { history.Add(Any), history.Add(Any), history.Add(Any with { At = 9 }) });
        Assert.Equal(9, history.Read(2)[0].At);
    }

    private static History Filled(int capacity, int count)
    {
        var history = new History(capacity);
        for (int i = 0; i < count; i++)
        {
            history.Add(Any);
        }

        return history;
    }

    private static IEnumerable<int> Numbers(History history, long after) => history.Read(after).Select(static sample => (int)sample.Number);
}
