using System.Text;
using Hydra.Protocol;
using Hydra.Workers.Links;
using Xunit;

namespace Hydra.Tests.Workers.Links;

public class CollectionsTests
{
    private readonly Collections _collections = new();

    [Fact]
    public void Ask_WhileAnAnswerIsOwed_WaitsForThatOne()
    {
        Task first = _collections.Ask(out uint sequence);
        Task second = _collections.Ask(out uint none);
        Assert.Equal((1U, 0U), (sequence, none));
        Assert.Null(_collections.Last);

        Assert.Null(Add(1, "a", more: false));
        Assert.True(first.IsCompleted && second.IsCompleted);
        Assert.Equal("a", Last());
        _ = _collections.Ask(out uint next);
        Assert.Equal(2U, next);
    }

    [Fact]
    public void Add_Parts_AreOneAnswerWithTheOutcomeOfTheLast()
    {
        Task answer = _collections.Ask(out _);
        Assert.Null(Add(1, "a", more: true));
        Assert.Null(Add(1, "b", more: true, CollectOutcome.Partial));
        Assert.False(answer.IsCompleted);
        Assert.Null(_collections.Last);
        Assert.Null(Add(1, "c", more: false));
        Assert.Equal(("abc", CollectOutcome.Whole), (Last(), _collections.Last!.Outcome));
    }

    [Fact]
    public void Add_WhatIsSaidInTheEnd_IsTheLastAndAnswersNobody()
    {
        Task answer = _collections.Ask(out _);
        Assert.Null(Add(0, "end", more: false));
        Assert.False(answer.IsCompleted);
        Assert.Equal("end", Last());
        _collections.End();
        Assert.True(answer.IsCompleted);
        Assert.True(_collections.Ask(out uint sequence).IsCompleted);
        Assert.Equal(0U, sequence);
        Assert.Equal("end", Last());
    }

    [Fact]
    public void Add_WhatMayNotCome_IsARuleThatIsBroken()
    {
        Assert.Equal("a COLLECTED answers no COLLECT", Add(1, "", more: false));
        _ = _collections.Ask(out _);
        Assert.Equal("a COLLECTED answers no COLLECT", Add(2, "", more: false));
        Assert.Null(Add(1, "", more: true));
        Assert.Equal("a COLLECTED came between the parts of another", Add(0, "", more: false));
        for (int i = 0; i < 4; i++)
        {
            Assert.Null(Add(1, new string('a', 1 << 20), more: true));
        }

        Assert.Equal("a COLLECTED is longer than it may be", Add(1, "a", more: false));
    }

    private string? Add(uint sequence, string text, bool more, CollectOutcome outcome = CollectOutcome.Whole)
        => _collections.Add(sequence, outcome, Encoding.UTF8.GetBytes(text), more);

    private string Last() => Encoding.UTF8.GetString(_collections.Last!.Text.Span);
}
