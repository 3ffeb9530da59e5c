using System.Text;
using Hydra.Tracing;
using Xunit;

namespace Hydra.Tests.Tracing;

/// <summary>W3C Trace Context, sections 3.2 and 4.</summary>
public sealed class TraceParentTests
{
    private const string Trace = "0af7651916cd43dd8448eb211c80319c";
    private const string Span = "b7ad6b7169203331";

    [Theory]
    [InlineData("01", 1)]
    [InlineData("00", 0)]
    [InlineData("03", 3)]
    [InlineData("02", 2)]
    [InlineData("ff", 3)]
    public void TryParse_FirstVersion_HasIdsAndTheFlagsThatAreKnown(string flags, int expected)
    {
        Assert.True(TraceParent.TryParse($"00-{Trace}-{Span}-{flags}", out TraceParent parent));

        Assert.Equal(Trace, parent.TraceText);
        Assert.Equal(0xb7ad6b7169203331, parent.Span);
        Assert.Equal(expected, parent.Flags);
        Assert.Equal((expected & 1) != 0, parent.IsSampled);
    }

    [Theory]
    [InlineData($"cc-{Trace}-{Span}-01", 1)]
    [InlineData($"01-{Trace}-{Span}-03", 1)]
    [InlineData($"cc-{Trace}-{Span}-01-what-comes-later", 1)]
    [InlineData($"fe-{Trace}-{Span}-00-", 0)]
    public void TryParse_LaterVersion_IsReadAsFarAsItIsKnown(string text, int flags)
    {
        Assert.True(TraceParent.TryParse(text, out TraceParent parent));
        Assert.Equal(flags, parent.Flags);
    }

    [Theory]
    [InlineData("")]
    [InlineData($"ff-{Trace}-{Span}-01")]
    [InlineData($"00-{Trace}-{Span}-01-more")]
    [InlineData($"00-{Trace}-{Span}-01 ")]
    [InlineData($"cc-{Trace}-{Span}-01.more")]
    [InlineData($"00-00000000000000000000000000000000-{Span}-01")]
    [InlineData($"00-{Trace}-0000000000000000-01")]
    [InlineData("00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01")]
    [InlineData($"00-{Trace}-B7AD6B7169203331-01")]
    [InlineData($"00-{Trace}-{Span}-0A")]
    [InlineData($"0x-{Trace}-{Span}-01")]
    [InlineData($"00-{Trace}-{Span}-1")]
    [InlineData($"00-{Trace}-{Span}")]
    [InlineData($"00_{Trace}-{Span}-01")]
    [InlineData($"00-{Trace}_{Span}-01")]
    [InlineData($"00-{Trace}-{Span}_01")]
    [InlineData($"00-{Trace}g-{Span}-01")]
    [InlineData("00-+af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")]
    public void TryParse_WhatIsNone_IsNot(string text) => Assert.False(TraceParent.TryParse(text, out _));

    [Fact]
    public void Write_WhatWasRead_IsTheSame()
    {
        string text = $"00-{Trace}-{Span}-01";
        Assert.True(TraceParent.TryParse(text, out TraceParent parent));
        byte[] written = new byte[TraceParent.Length];

        parent.Write(written);

        Assert.Equal(text, Encoding.ASCII.GetString(written));
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("rojo=00f067aa0ba902b7,congo=t61rcWkgMzE", true)]
    [InlineData(" a=1 , ,\tb@c=x y:z", true)]
    [InlineData("1a-_*/=~", true)]
    [InlineData("a", false)]
    [InlineData("a=", false)]
    [InlineData("=1", false)]
    [InlineData("A=1", false)]
    [InlineData("a=b=c", false)]
    [InlineData("a@b@c=1", false)]
    [InlineData("a=\u00e4", false)]
    public void IsValid_TraceState_IsAListOfMembers(string text, bool expected) => Assert.Equal(expected, TraceState.IsValid(text));

    [Theory]
    [InlineData(32, true)]
    [InlineData(33, false)]
    public void IsValid_TraceState_HasAtMost32Members(int count, bool expected)
        => Assert.Equal(expected, TraceState.IsValid(string.Join(',', Enumerable.Range(0, count).Select(static i => $"k{i}=v"))));
}
