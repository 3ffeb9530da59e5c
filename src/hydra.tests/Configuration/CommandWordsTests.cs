using Hydra.Configuration;
using Xunit;

namespace Hydra.Tests.Configuration;

public sealed class CommandWordsTests
{
    [Theory]
    [InlineData("node server.js", "node", "server.js")]
    [InlineData("  a\t b\n", "a", "b")]
    [InlineData("", new string[0])]
    [InlineData("a ''", "a", "")]
    [InlineData("a 'b c'\"d e\"f", "a", "b cd ef")]
    [InlineData(@"a\ b \""c \\", "a b", "\"c", "\\")]
    [InlineData("'a\\b' \"a\\b\" \"a\\\"b\\$c\\`\\\\\"", @"a\b", @"a\b", "a\"b$c`\\")]
    [InlineData("a\\\nb \"c\\\nd\"", "ab", "cd")]
    [InlineData("'a;b|c' $PORT *", "a;b|c", "$PORT", "*")]
    public void Split_Text_IsTheWordsOfAShell(string text, params string[] expected)
    {
        Assert.Null(CommandWords.Split(text, out IReadOnlyList<string> words));

        Assert.Equal(expected, words);
    }

    [Theory]
    [InlineData("a 'b", "has a quote (') that is not closed")]
    [InlineData("a \"b", "has a quote (\") that is not closed")]
    [InlineData("a \"b\\\"", "has a quote (\") that is not closed")]
    [InlineData("a\\", "ends with a backslash")]
    [InlineData("node app.js | tee log", "has a |, which means something to a shell")]
    [InlineData("a&&b", "has a &, which means something to a shell")]
    [InlineData("a `b`", "has a `, which means something to a shell")]
    public void Split_NotWhole_IsSaid(string text, string expected)
        => Assert.Contains(expected, CommandWords.Split(text, out _), StringComparison.Ordinal);

    [Theory]
    [InlineData("node", "server.js", "--port=$PORT")]
    [InlineData("a b", "", "it's", "\"", "\\", "new\nline", "ü")]
    public void Join_Words_AreTheSameWhenTheyAreSplit(params string[] words)
    {
        Assert.Null(CommandWords.Split(CommandWords.Join(words), out IReadOnlyList<string> again));

        Assert.Equal(words, again);
    }
}
