using Hydra.Configuration;
using Xunit;

namespace Hydra.Tests.Configuration;

/// <summary>The cases are those of python-dotenv's documentation, and give what it gives.</summary>
public sealed class EnvironmentFileTests
{
    [Theory]
    [InlineData("A=b", "b")]
    [InlineData("\n# first\n  export A = b # last\n", "b")]
    [InlineData("A=b#c", "b#c")]
    [InlineData("A=", "")]
    [InlineData("A=\" b \\n\\\"c\\\" 'd' \\q\"", " b \n\"c\" 'd' \\q")]
    [InlineData("A='b \\n \\' \"c\"'", "b \\n ' \"c\"")]
    [InlineData("A=\"two\nlines\"", "two\nlines")]
    [InlineData("A=b\r\nC=d\r\n", "b")]
    [InlineData("X=1\nA=${X}-${HOME}-${NONE:-none}-${NONE}.", "1-/home/me-none-.")]
    [InlineData("A=first\nA=second", "second")]
    [InlineData("A=b=c", "b=c")]
    public void Read_Value_IsWhatDotenvMakesOfIt(string text, string expected)
    {
        Assert.Null(EnvironmentFile.Read(text, new Dictionary<string, string> { ["HOME"] = "/home/me" }, out IReadOnlyDictionary<string, string> found));
        Assert.Equal(expected, found["A"]);
    }

    // The system's variables end where one is.
    [Fact]
    public void Read_NulCharacter_IsRefused()
        => Assert.Equal("it contains a NUL character", EnvironmentFile.Read("A=b\0c", new Dictionary<string, string>(), out _));

    [Fact]
    public void Read_NameThatIsSetAlready_IsLeftOut()
    {
        Assert.Null(EnvironmentFile.Read("HOME=/tmp\nALONE\nA=1", new Dictionary<string, string> { ["HOME"] = "/" }, out IReadOnlyDictionary<string, string> found));
        Assert.Equal([new("A", "1")], found);
    }

    [Theory]
    [InlineData("A=1\n\nB C", "line 3 is not of the form NAME=VALUE")]
    [InlineData("=1", "line 1 is not of the form NAME=VALUE")]
    [InlineData("A=\"open", "line 1 is not of the form NAME=VALUE")]
    [InlineData("A='b' c", "line 1 is not of the form NAME=VALUE")]
    public void Read_LineThatIsNone_IsNamed(string text, string expected)
        => Assert.Equal(expected, EnvironmentFile.Read(text, new Dictionary<string, string>(), out _));
}
