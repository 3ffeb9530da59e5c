using Hydra.Files;
using Xunit;

namespace Hydra.Tests.Files;

public sealed class IgnoreRulesTests
{
    [Theory]
    [InlineData("*.pyc", "a/b.pyc", false, true)]
    [InlineData("*.pyc", "a/b.py", false, null)]
    [InlineData("build", "x/build", true, true)]
    [InlineData("build/", "x/build", true, true)]
    [InlineData("build/", "x/build", false, null)]
    [InlineData("/build", "build", true, true)]
    [InlineData("/build", "x/build", true, null)]
    [InlineData("doc/*.txt", "doc/a.txt", false, true)]
    [InlineData("doc/*.txt", "doc/x/a.txt", false, null)]
    [InlineData("doc/*.txt", "y/doc/a.txt", false, null)]
    [InlineData("**/temp", "a/b/temp", true, true)]
    [InlineData("**/temp", "temp", true, true)]
    [InlineData("a/**/b", "a/b", true, true)]
    [InlineData("a/**/b", "a/x/y/b", true, true)]
    [InlineData("a/**", "a/x/y", false, true)]
    [InlineData("file[0-9].py", "file3.py", false, true)]
    [InlineData("file[!0-9].py", "file3.py", false, null)]
    [InlineData("\\#a", "#a", false, true)]
    [InlineData("# a", "# a", false, null)]
    [InlineData("a.b", "aXb", false, null)]
    [InlineData("a?c", "abc", false, true)]
    [InlineData("name  ", "name", false, true)]
    [InlineData("[", "[", false, true)]
    [InlineData("**b**/c", "bxb/c", false, true)]
    [InlineData("a/**b", "a/x/yb", false, true)]
    [InlineData("a*", "x/ab", true, true)]
    [InlineData("a*", "ab/x", false, null)]
    [InlineData("[]a]x", "]x", false, true)]
    [InlineData("[a-c]?[^x]", "bzy", false, true)]
    [InlineData("[a-c]?[^x]", "bzx", false, null)]
    [InlineData("a\\*", "a*", false, true)]
    [InlineData("a\\*", "ab", false, null)]
    public void Of_Pattern_IsThatOfGit(string pattern, string path, bool isDirectory, bool? expected)
        => Assert.Equal(expected, new IgnoreRules([pattern]).Of(path, isDirectory));

    [Fact]
    public void Of_TheLastThatFits_Counts()
    {
        var rules = new IgnoreRules(["*.py", "!keep.py", "/x/keep.py"]);

        Assert.Equal((true, false, true), (rules.Of("a.py", false), rules.Of("keep.py", false), rules.Of("x/keep.py", false)));
    }

    [Fact]
    public void Fits_ManyStars_IsSeenSoon()
    {
        string stars = string.Concat(Enumerable.Repeat("*a", 40));

        Assert.False(GlobPattern.Of(stars + "b")!.Fits(new string('a', 4000)));
        Assert.True(GlobPattern.Of(stars)!.Fits(new string('a', 4000)));
    }
}
