using Hydra.Workers.Links;
using Xunit;

namespace Hydra.Tests.Workers.Links;

public class InspectionsTests
{
    private readonly Inspections _inspections = new();

    [Fact]
    public async Task Answer_InAnyOrder_IsForWhoAsked()
    {
        Task<string?> first = _inspections.Ask(out uint one);
        Task<string?> second = _inspections.Ask(out uint two);

        Assert.True(_inspections.Answer(two, "two"));
        Assert.True(_inspections.Answer(one, "one"));
        Assert.Equal(("one", "two"), (await first, await second));
    }

    [Fact]
    public void Answer_ThatCameTooLate_IsForNobodyAndNoMistake()
    {
        Task<string?> answer = _inspections.Ask(out uint sequence);
        _inspections.Forget(sequence);

        Assert.True(_inspections.Answer(sequence, "late"));
        Assert.False(answer.IsCompleted);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void Answer_ThatNobodyAskedFor_IsAMistake(uint sequence)
    {
        _ = _inspections.Ask(out _);

        Assert.False(_inspections.Answer(sequence, ""));
    }

    [Fact]
    public async Task End_WhoWaitsAndWhoAsksThen_HearsNothing()
    {
        Task<string?> before = _inspections.Ask(out _);
        _inspections.End();

        Assert.Null(await before);
        Assert.Null(await _inspections.Ask(out _));
    }

    [Fact]
    public void Ask_WhileTooManyAreOwed_IsAnsweredAtOnce()
    {
        Task<string?>[] owed = [.. Enumerable.Range(0, 64).Select(_ => _inspections.Ask(out uint _))];

        Assert.DoesNotContain(owed, static answer => answer.IsCompleted);
        Assert.True(_inspections.Ask(out _).IsCompleted);
    }
}
