using Hydra.Primitives;
using Xunit;

namespace Hydra.Tests.Primitives;

public sealed class ControlTextTests
{
    [Theory]
    [InlineData("plain Ünïcode ☃", "plain Ünïcode ☃")]
    [InlineData("a\nb\r\tc", "a\\nb\\r\\tc")]
    [InlineData("\e[31m\u007f\u009b", "\\x1b[31m\\x7f\\x9b")]
    [InlineData("\u202eevil\u2028", "\\u202eevil\\u2028")]
    [InlineData("\0", "\\x00")]
    public void Escape_ControlCharacters_AreWrittenOut(string text, string expected) => Assert.Equal(expected, ControlText.Escape(text));

    [Fact]
    public void Escape_WithLines_KeepsNewlineAndTab() => Assert.Equal("a\n\tb\\r\\x1b", ControlText.Escape("a\n\tb\r\e", allowLines: true));
}
