using Hydra.Http;
using Xunit;

namespace Hydra.Tests.Http;

public sealed class ForwardedElementTests
{
    [Theory]
    [InlineData("for=1.2.3.4", "1.2.3.4", null, null)]
    [InlineData("For=\"[2001:db8:cafe::17]:4711\"", "[2001:db8:cafe::17]:4711", null, null)]
    [InlineData("for=192.0.2.60;proto=http;by=203.0.113.43", "192.0.2.60", "http", null)]
    [InlineData("host=\"a:8\" ; PROTO=https", null, "https", "a:8")]
    [InlineData("for=_x;ext=\"a\\\"b;c\";host=h", "_x", null, "h")]
    [InlineData("for=1.2.3.4:80", "1.2.3.4:80", null, null)]
    public void TryRead_Element_HasItsParameters(string text, string? node, string? proto, string? host)
    {
        Assert.True(ForwardedElement.TryRead(text, out ForwardedElement element));
        Assert.Equal(new ForwardedElement(node, proto, host), element);
    }

    [Theory]
    [InlineData("")]
    [InlineData("for")]
    [InlineData("=1")]
    [InlineData("for=")]
    [InlineData("for=a;for=b")]
    [InlineData("for=\"a")]
    [InlineData("for=\"a\\")]
    [InlineData("for=a b")]
    [InlineData("for=\"a\"b")]
    [InlineData("f r=a")]
    public void TryRead_WhatIsNone_IsNot(string text) => Assert.False(ForwardedElement.TryRead(text, out _));

    [Theory]
    [InlineData("for=a, for=b", "for=b|for=a")]
    [InlineData("for=\"a,b\", for=c", "for=c|for=\"a,b\"")]
    [InlineData("for=\"x, for=b", "for=b|for=\"x")]
    [InlineData("for=\"a\\\",b\",c", "c|for=\"a\\\",b\"")]
    [InlineData("", "")]
    [InlineData(",", "")]
    public void TryTakeLast_List_GivesItsElementsFromTheEnd(string text, string expected)
    {
        ReadOnlySpan<char> rest = text;
        List<string> elements = [];
        while (ForwardedElement.TryTakeLast(ref rest, out ReadOnlySpan<char> element))
        {
            elements.Add(element.ToString());
        }

        Assert.Equal(expected, string.Join('|', elements.Where(static one => one.Length > 0)));
    }
}
