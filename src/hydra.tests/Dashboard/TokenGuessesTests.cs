using Hydra.Dashboard;
using Hydra.Tests.Dispatch;
using Xunit;

namespace Hydra.Tests.Dashboard;

public sealed class TokenGuessesTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public void Wait_AfterTenWrongOnes_IsTheRestOfTheMinuteAndOthersDoNot()
    {
        var guesses = new TokenGuesses(_time);
        for (int i = 1; i < TokenGuesses.Most; i++)
        {
            Assert.False(guesses.Add("a"));
        }

        Assert.Equal(TimeSpan.Zero, guesses.Wait("a"));
        _time.Advance(TimeSpan.FromSeconds(20));
        Assert.True(guesses.Add("a"));
        Assert.Equal(TimeSpan.FromSeconds(40), guesses.Wait("a"));
        Assert.Equal(TimeSpan.Zero, guesses.Wait("b"));
        _time.Advance(TimeSpan.FromSeconds(40));
        Assert.Equal(TimeSpan.Zero, guesses.Wait("a"));
        Assert.False(guesses.Add("a"));
    }

    [Fact]
    public void Add_ManyPeers_ForgetsTheOldest()
    {
        var guesses = new TokenGuesses(_time);
        for (int i = 0; i < TokenGuesses.Most; i++)
        {
            guesses.Add("first");
        }

        for (int i = 0; i < 5000; i++)
        {
            _time.Advance(TimeSpan.FromTicks(1));
            guesses.Add($"peer {i}");
        }

        Assert.Equal(TimeSpan.Zero, guesses.Wait("first"));
    }
}
