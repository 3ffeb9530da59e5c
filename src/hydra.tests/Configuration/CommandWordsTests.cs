using Hydra.Configuration;
using Xunit;

namespace Hydra.Tests.Configuration;

public sealed class CommandWordsTests
{
    [Theory]
    [InlineData("node worker.js", "node", "worker.js")]
    [InlineData("  node\t worker.js\n", "node", "worker.js")]
    [InlineData("node 'my worker.js'", "node", "my worker.js")]
    [InlineData("node \"my worker.js\"", "node", "my worker.js")]
    [InlineData("node my\\ worker.js", "node", "my worker.js")]
    [InlineData("a'b'\"c\"d", "abcd")]
    [InlineData("a ''", "a", "")]
    [InlineData("a \"\"b", "a", "b")]
    [InlineData("a '\\'", "a", "\\")]
    [InlineData("a \"\\\"\\\\\\$\\`\\n\"", "a", "\"\\$`\\n")]
    [InlineData("a 'it'\\''s'", "a", "it's")]
    [InlineData("a \\\nb", "a", "b")]
    [InlineData("a b\\\nc", "a", "bc")]
    [InlineData("a \"b\\\nc\"", "a", "bc")]
    [InlineData("a '$HOME|&;'", "a", "$HOME|&;")]
    [InlineData("a *.js ~ #x {1,2}", "a", "*.js", "~", "#x", "{1,2}")]
    public void Split_Command_IsWhatAShellMakesOfIt(string text, params string[] words)
    {
        Assert.Equal(words, CommandWords.Split(text, out string? problem));
        Assert.Null(problem);
    }

    [Theory]
    [InlineData("", "no program")]
    [InlineData("  ", "no program")]
    [InlineData("'' a", "no program")]
    [InlineData("a 'b", "not closed")]
    [InlineData("a \"b", "not closed")]
    [InlineData("a \"b\\", "not closed")]
    [InlineData("a \\", "nothing behind")]
    [InlineData("a | b", "sh -c")]
    [InlineData("a && b", "sh -c")]
    [InlineData("a > b", "sh -c")]
    [InlineData("a $HOME", "sh -c")]
    [InlineData("a \"$HOME\"", "sh -c")]
    [InlineData("a `b`", "sh -c")]
    [InlineData("a \0", "NUL")]
    public void Split_WhatIsNoCommand_IsSaid(string text, string part)
    {
        Assert.Empty(CommandWords.Split(text, out string? problem));
        Assert.Contains(part, problem, StringComparison.Ordinal);
    }
}
